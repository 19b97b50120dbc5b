"""What a descriptor may say. Field names are the words of the YAML file; docs/processors.md explains them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
Status = Annotated[int, Field(ge=100, le=599)]
Path = Annotated[str, StringConstraints(pattern=r"^/")]
PLACE = re.compile(r"\{([a-z_]+)\}")
_ERRORS = 400
ALWAYS = frozenset({"key", "order"})
"""Places that every template may use: the person's one key, and the order's id (no personal value)."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Bearer(_Said):
    """`Authorization: Bearer …` with the option `token`."""

    kind: Literal["bearer"]


class Basic(_Said):
    """HTTP Basic with the options `user` and `password`."""

    kind: Literal["basic"]


class Header(_Said):
    """A header of its own with the option `token`."""

    kind: Literal["header"]
    name: str


class OAuth2(_Said):
    """OAuth 2.0 client credentials (RFC 6749, 4.4) with the options `client_id` and `client_secret`."""

    kind: Literal["oauth2"]
    token_url: Annotated[str, StringConstraints(pattern=r"^(https://|http://127\.0\.0\.1|/)")]
    scope: str = ""


Auth: TypeAlias = Annotated[Bearer | Basic | Header | OAuth2, Field(discriminator="kind")]


class Expected(_Said):
    """An answer that is expected, and what it means."""

    status: Status
    when: Mapping[str, JsonValue] = Field(default_factory=dict)
    """Dotted path into the JSON body → the value that must stand there."""
    outcome: Literal["completed", "partial", "refused", "best-effort", "pending", "next"]
    """`next`: go on with the next call of `delete`."""
    reason: Code | None = None
    reference: str | None = None
    """Dotted path of the processor's own number for the order."""

    @model_validator(mode="after")
    def _reasons(self) -> Expected:
        if (self.outcome in ("partial", "refused")) != (self.reason is not None):
            raise ValueError("`reason` stands beside the outcomes partial and refused, and only there")
        return self


class Call(_Said):
    """One request."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: Path
    query: Mapping[str, str] = Field(default_factory=dict)
    headers: Mapping[str, str] = Field(default_factory=dict)
    body: JsonValue = None
    """JSON; texts in it are templates."""

    def templates(self) -> Iterator[str]:
        """Yield every text that is filled."""
        yield self.path
        yield from self.query.values()
        yield from self.headers.values()
        yield from _texts(self.body)


class Asking(Call):
    """A request whose answers mean something for the order."""

    answers: tuple[Expected, ...] = Field(min_length=1)


class Finding(Call):
    """A search for the processor's own ids of the person; they become `{found}`."""

    items: str
    """Dotted path of the list; empty for the body itself."""
    id: str
    """Dotted path in an item."""
    next: str | None = None
    """Dotted path of the next page's address, on the same host."""


class Seen(_Said):
    """An answer of a look-up."""

    status: Status
    when: Mapping[str, JsonValue] = Field(default_factory=dict)


class Probe(Call):
    """A look-up: does the processor still know the person? Anything that is neither is an error."""

    present: tuple[Seen, ...] = Field(min_length=1)
    absent: tuple[Seen, ...] = Field(min_length=1)


class Check(Call):
    """A call that changes nothing, to see whether address and credentials are right."""

    method: Literal["GET"]
    expect: tuple[Status, ...] = (200,)


class Rate(_Said):
    """At most so many calls in so many seconds."""

    calls: int = Field(ge=1)
    seconds: int = Field(ge=1)


class Descriptor(_Said):
    """A processor's interface."""

    processor: Code
    title: str
    source: tuple[str, ...] = Field(min_length=1)
    """Addresses of the documentation that it was written from."""
    read: date
    """The day that documentation was read."""
    unsure: tuple[str, ...] = ()
    """What the documentation left open, or could not be tried."""
    url: str | None = None
    needs: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")], ...] = ()
    """Further options that the templates use: an account, a property."""
    form: Literal["raw", "sha256"] = "raw"
    """How the person's key is written."""
    auth: Auth
    find: Finding | None = None
    delete: tuple[Asking, ...] = Field(min_length=1)
    repeat: Literal["safe", "key", "probe", "ask"]
    """What keeps a lost answer from becoming a second deletion.

    `safe`: a repeat has no further effect, by their documentation. `key`: they know a repeat by `{order}`.
    `probe`: we look first. `ask`: a person looks first.
    """
    poll: Asking | None = None
    probe: Probe | None = None
    check: Check | None = None
    rate: Rate | None = None

    @model_validator(mode="after")
    def _whole(self) -> Descriptor:
        if problems := list(self._problems()):
            raise ValueError("; ".join(problems))
        return self

    def _problems(self) -> Iterator[str]:
        sent = {place for call in self.delete for text in call.templates() for place in PLACE.findall(text)}
        if not sent & {"key", "found"}:
            yield "`delete` names nobody: use {key}, or {found} with `find`"
        if self.repeat == "key" and "order" not in sent:
            yield "`repeat: key` without {order} in `delete`: by what would they know a repeat?"
        if self.repeat == "probe" and self.probe is None:
            yield "`repeat: probe` without `probe`"
        if "found" in sent and self.find is None:
            yield "{found} without `find`"
        waits = any(answer.outcome == "pending" for call in self.delete for answer in call.answers)
        if waits and self.poll is None and self.probe is None:
            yield "the outcome pending without `poll` or `probe`: nobody would ever know"
        if self.delete[-1].answers and any(answer.outcome == "next" for answer in self.delete[-1].answers):
            yield "the outcome next in the last call of `delete`"
        if self.probe and any(seen.status < _ERRORS and not seen.when for seen in self.probe.absent):
            yield "`probe.absent` takes any such answer for absence: say in `when` what stands in it"
        yield from self._strangers()

    def _strangers(self) -> Iterator[str]:
        calls = {"find": self.find, "poll": self.poll, "probe": self.probe, "check": self.check}
        known = ALWAYS | set(self.needs)
        every = [*(("delete", call) for call in self.delete), *((n, call) for n, call in calls.items() if call)]
        for name, call in every:
            may = known | ({"found"} if name == "delete" else {"reference"} if name == "poll" else set())
            for place in sorted({p for text in call.templates() for p in PLACE.findall(text)} - may):
                listed = ", ".join(sorted(may))
                yield f"{{{place}}} in `{name}` stands for nothing; add it to `needs`, or use one of {listed}"


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
