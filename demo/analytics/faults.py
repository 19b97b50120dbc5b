"""What the simulated processor does wrong on demand. Nothing, unless told."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Faults(BaseModel):
    """Set whole by `PUT /faults`, where the program was started with `--faults`."""

    model_config = ConfigDict(extra="forbid")

    errors: int = 0
    """How many of the next calls are answered with `error_status`."""
    error_status: int = 500
    retry_after: str | None = None
    drop: int = 0
    """How many of the next new orders are taken and then not answered: the connection breaks."""
    duplicate_status: int = 409
    """How an order that is known already is answered."""
    forget_identity: bool = False
    """Sign a receipt for something else than what was sent."""
    unsigned: bool = False
    wrong_signature: bool = False
    wrong_domain: bool = False
    malformed: bool = False
    other_order: bool = False
    """Answer, well signed, about another order."""
    stay_pending: bool = False
    """Take orders and do not work on them until `POST /settle`."""
    cancel: bool = False
    """End orders as cancelled instead of erasing."""
    reason: str | None = None
    """Say why, in the extension under its own domain."""
    partial: bool = False
    """Say that something of an order cannot be finished."""
    keep: bool = False
    """Say that orders are completed, and erase nobody."""
    silent: int = 0
    """How many of the next calls are not answered for `silence` seconds."""
    silence: float = 1.0

    def take(self, fault: str) -> bool:
        """Use up one of a counted fault; whether there was one."""
        left: int = getattr(self, fault)
        if left:
            setattr(self, fault, left - 1)
        return left > 0
