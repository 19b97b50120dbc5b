"""Steps that show a person what we hold of him: read, put together, encrypt, put ready. Nothing is changed.

Rows read wait in the vault, under the case's own key, until the last step puts everything into one file. The file
is put in place whole or not at all, and noted before its first byte; nobody is given it before it was verified
(`app.disclosing`). So an export that died anywhere is neither half delivered nor delivered twice.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, assert_never

from retention.disclosure import MASKED, archive, phrase_of, plain, report, seal
from retention.errors import UnknownNameError
from retention.execution.lines import Lines
from retention.execution.site import Site
from retention.model.disclosure import (
    DeliverExport,
    Disclosed,
    DiscloseRows,
    DisclosureStep,
    Export,
    ExportState,
    Part,
)
from retention.model.ids import DatasetId
from retention.model.outcome import Done, Effect
from retention.model.predicate import Selection
from retention.model.terms import Right
from retention.policy.wording import LANGUAGES
from retention.ports.ledger import Phase


def disclose(site: Site, lines: Lines, step: DisclosureStep, now: datetime) -> Done:
    """Carry the step out, from wherever an earlier process left it.

    Raises:
        TransientFailure, TerminalFailure: from the stores, the keys or the store of exports.

    """
    lines.write(step.step_id, Phase.INTENT, now, {"rows": step.rows if isinstance(step, DiscloseRows) else 0})
    if lines.find(step.step_id, Phase.DONE) is None:
        match step:
            case DiscloseRows():
                body = _read(site, step)
            case DeliverExport():
                body = _deliver(site, step, now)
            case _:
                assert_never(step)
        lines.write(step.step_id, Phase.DONE, now, body)
    if lines.find(step.step_id, Phase.EVIDENCE) is None:
        done = lines.find(step.step_id, Phase.DONE)
        assert done  # noqa: S101 -- narrows the type; it was written above
        _end_older(site, step, done.at)
        entry = site.record(_fact(site, step, lines.body(step.step_id, Phase.DONE)), done.at)
        lines.write(step.step_id, Phase.EVIDENCE, now, {"index": entry.index})
    return Done(Effect(lines.body(step.step_id, Phase.DONE)["rows"]))


# -- reading


def _read(site: Site, step: DiscloseRows) -> dict[str, Any]:
    part = read_part(site, step)
    body = {"columns": part.columns, "rows": part.rows, "count": part.count}
    site.ledger.vault.put(site.plan.case_id, _name(step), json.dumps(body, ensure_ascii=False).encode())
    return {"rows": part.count, "content": content_digest(site, part)}


def read_part(site: Site, step: DiscloseRows) -> Part:
    """Read the step's rows by the store's own means, masked, oldest first."""
    dataset = site.datamap.datasets[step.dataset]
    finder, selection = site.store(dataset).finder(), Selection(step.where, site.keys)
    if not step.columns:
        return Part(step.dataset, (), (), finder.count(dataset, selection))
    own = {column: frozenset(map(str, site.keys[keys.keyset_id])) for column, keys in step.own.items()}
    masks = [(column in step.masked, own.get(column)) for column in step.columns]
    rows = [
        tuple(_shown(value, mask, shares) for value, (mask, shares) in zip(row, masks, strict=True))
        for row, times in finder.tally(dataset, step.columns, selection)
        for _ in range(times)
    ]
    dates = [step.columns.index(column) for column in dataset.dates.values() if column in step.columns]
    rows.sort(key=lambda row: ([str(row[at] or "") for at in dates], _text(row)))
    return Part(step.dataset, step.columns, tuple(rows), len(rows))


def _shown(value: object, mask: bool, shares: frozenset[str] | None) -> object:  # noqa: FBT001 -- private, one meaning
    if value is None:
        return None
    others = mask or (shares is not None and str(value) not in shares)
    return MASKED if others else plain(value)


def content_digest(site: Site, part: Part) -> str:
    """Return a digest of the rows under the case's salt: it ties evidence to them, and nobody can try values on it."""
    salt = site.ledger.vault.get(site.plan.case_id, "salt")
    text = "\n".join([_text(part.columns), str(part.count), *sorted(map(_text, part.rows))])
    return hmac.new(salt, text.encode(), hashlib.sha256).hexdigest()


def _text(row: tuple[object, ...]) -> str:
    return json.dumps(row, ensure_ascii=False, sort_keys=True)


def _name(step: DiscloseRows) -> str:
    return f"disclosure/{step.step_id}"


# -- delivering


def _deliver(site: Site, step: DeliverExport, now: datetime) -> dict[str, Any]:
    out, parts = site.handing_out, tuple(_parts(site))
    export = Export(
        export_id=step.export_id,
        case_id=site.plan.case_id,
        plan_id=site.plan.plan_id,
        step_id=step.step_id,
        right=Right(step.right),
        rows=sum(part.count for part in parts),
        file_digest="",
        made_at=now,
        until=step.until,
        state=ExportState.WRITING,
    )
    out.disclosures.put(export)
    phrase = phrase_of(out.keys.create(export.key_name))
    story = out.story(site.plan, step, now)
    pages = {str(language): report(story, parts, language) for language in LANGUAGES}
    content = seal(pages, archive(story, parts, pages), phrase, sender=out.sender, rounds=out.rounds)
    out.exports.put(export.path, content)
    digest = hashlib.sha256(content).hexdigest()
    out.disclosures.put(replace(export, file_digest=digest, state=ExportState.LIVE))
    columns = sum(len(part.columns) for part in parts)
    return {"rows": export.rows, "content": digest, "columns": columns, "until": step.until.isoformat()}


def _parts(site: Site) -> Iterator[Part]:
    for step in site.plan.steps:
        if isinstance(step, DiscloseRows):
            body = json.loads(site.ledger.vault.get(site.plan.case_id, _name(step)))
            rows = tuple(tuple(row) for row in body["rows"])
            yield Part(step.dataset, tuple(body["columns"]), rows, body["count"])


def _end_older(site: Site, step: DisclosureStep, at: datetime) -> None:
    """Destroy what an earlier plan of the case put ready: the person receives one file."""
    if isinstance(step, DeliverExport):
        for export in site.handing_out.disclosures.all(site.plan.case_id):
            if export.export_id != step.export_id and export.state is not ExportState.GONE:
                site.handing_out.clear(export)
                site.record(gone(export, site.ledger.plans.get(export.plan_id).digest), at)
                site.handing_out.disclosures.put(replace(export, state=ExportState.GONE))


def gone(export: Export, plan_digest: str) -> Disclosed:
    """Return what evidence states of an export that is destroyed."""
    return Disclosed(
        step_id=export.step_id,
        plan_digest=plan_digest,
        dataset=export.place,
        right=export.right.value,
        state="gone",
        rows=export.rows,
        columns=0,
        masked=0,
        statutes=(),
        content_digest=export.file_digest or hashlib.sha256(b"").hexdigest(),
        until=export.until,
    )


def _fact(site: Site, step: DisclosureStep, body: dict[str, Any]) -> Disclosed:
    reads = [each for each in site.plan.steps if isinstance(each, DiscloseRows)]
    deliver = next(each for each in site.plan.steps if isinstance(each, DeliverExport))
    of = [step] if isinstance(step, DiscloseRows) else reads
    return Disclosed(
        step_id=step.step_id,
        plan_digest=site.digest,
        dataset=DatasetId(step.dataset),
        right=deliver.right,
        state="read" if isinstance(step, DiscloseRows) else "delivered",
        rows=body["rows"],
        columns=sum(len(each.columns) for each in of),
        masked=sum(len({*each.masked, *each.own}) for each in of),
        statutes=step.because.statutes,
        content_digest=body["content"],
        until=deliver.until,
    )


def phrase_or_none(site: Site, export: Export) -> str | None:
    """Return the export's pass phrase; None if its key is gone."""
    key = site.handing_out.keys.read(export.key_name)
    return None if key is None else phrase_of(key)


def export_of(site: Site, step: DeliverExport) -> Export | None:
    """Return the export as the ledger keeps it; None if it was never begun."""
    try:
        return site.handing_out.disclosures.get(step.export_id)
    except UnknownNameError:
        return None
