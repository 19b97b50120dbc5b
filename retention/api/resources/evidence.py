"""`/v1/cases/{case_id}/evidence` and `/certificate`: what can be checked by anybody, and what the person is told."""

from __future__ import annotations

import tempfile
from pathlib import Path as Folder
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response

from retention.api.shapes import CaseNumber
from retention.api.visiting import Visit, allow
from retention.errors import UnknownNameError
from retention.model.access import Role
from retention.model.ids import CaseId

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["evidence"])

CaseInPath = Annotated[CaseNumber, Path()]
_KINDS = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}
_BUNDLE = "application/vnd.retention.bundle"


@router.get(
    "/evidence",
    response_class=Response,
    responses={200: {"content": {_BUNDLE: {"schema": {"type": "string", "format": "binary"}}}}},
)
def download_evidence(
    visit: Annotated[Visit, allow(Role.OPERATOR, Role.APPROVER, Role.AUDITOR)], case_id: CaseInPath
) -> Response:
    """Download the case's bundle: `retention evidence verify` checks it, or tools of others; nothing personal in it."""
    visit.app.context.ledger.cases.get(CaseId(case_id))
    content = visit.app.bundle(CaseId(case_id))
    return Response(content, media_type=_BUNDLE, headers=_as_file(f"{case_id}.bundle"))


@router.get(
    "/certificate/{language}.{form}",
    response_class=Response,
    responses={200: {"content": {kind: {"schema": {"type": "string"}} for kind in _KINDS.values()}}},
)
def download_certificate(
    visit: Annotated[Visit, allow(Role.OPERATOR)],
    case_id: CaseInPath,
    language: Literal["ja", "en"],
    form: Literal["html", "pdf"],
) -> Response:
    """Download what the person is told, when the case is sealed: in his language, for screen or paper."""
    visit.app.context.ledger.cases.get(CaseId(case_id))
    with tempfile.TemporaryDirectory() as folder:
        files = {path.name: path for path in visit.app.certificate(CaseId(case_id), Folder(folder))}
        name = f"certificate.{language}.{form}"
        if name not in files:
            raise UnknownNameError(f"there is no {name}", hint="paper needs the extra: pip install 'retention[pdf]'")
        return Response(files[name].read_bytes(), media_type=_KINDS[form], headers=_as_file(f"{case_id}.{name}"))


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
