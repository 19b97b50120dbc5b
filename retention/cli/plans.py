"""`retention plan`, `approve`, `reject`, `apply`, `verify`: the road itself."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from retention.app import App, PlanSummary
from retention.app.batches import BatchSummary
from retention.cli.options import Approver, Taken, instant
from retention.cli.output import AsJson, console, copies_until, print_json, print_plan, print_table
from retention.cli.volumes import print_volumes, progress
from retention.cli.workspace import now, opened
from retention.errors import FoundError
from retention.model.case import CaseState
from retention.model.ids import CaseId, PlanId, StepId, SystemId

app = typer.Typer(help="Plans: exactly what would be touched.", no_args_is_help=True)

PlanArgument = Annotated[str, typer.Argument(metavar="PLAN", help="The plan's number.")]


@app.command()
def sweep(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Plan everything whose clocks have run out."""
    with opened(context) as application:
        _print(application, application.plan_sweep(now()), "nothing is due", as_json=as_json)


@app.command()
def request(
    context: typer.Context, case: Annotated[str, typer.Argument(metavar="CASE")], *, as_json: AsJson = False
) -> None:
    """Plan what a person asked for."""
    with opened(context) as application:
        _print(application, application.plan_request(CaseId(case), now()), "", as_json=as_json)


@app.command()
def batch(
    context: typer.Context,
    again: Annotated[str, typer.Argument(metavar="[BATCH]", help="A batch that is to be planned again.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="How many people at most; 0: the limit of subjects.")] = 0,
    *,
    as_json: AsJson = False,
) -> None:
    """Plan the requests that wait, decided and under one law, to be carried out together."""
    with opened(context) as application:
        if again:
            made: BatchSummary | None = application.plan_batch_again(CaseId(again), now())
        else:
            made = application.plan_batch(now(), limit or None)
        if made is None:
            _print(application, None, "no request waits", as_json=as_json)
            return
        if as_json:
            plan, digest = application.plan(made.plan.plan_id) if made.plan else (None, None)
            print_json({"batch": made.batch, "left_out": made.left_out, "plan": plan, "digest": digest})
            return
        _print(application, made.plan, "nobody goes with it", as_json=False)
    console.print(f"batch {made.batch}: {made.requests} requests go together", highlight=False)
    for left in made.left_out:
        console.print(f"{left.case_id}: left out, {_LEFT_OUT[left.why]}", style="yellow", highlight=False)


_LEFT_OUT = {
    "ambiguous": "a person must decide who is meant: retention plan request shows the question",
    "held": "a hold names the person",
    "unknown": "no mapped system has anything of the person: retention plan request denies it",
}


@app.command()
def restore(
    context: typer.Context,
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="The restored system, before it opens.")],
    *,
    taken: Taken = "",
    as_json: AsJson = False,
) -> None:
    """Plan what a restored store must forget again before it opens."""
    with opened(context) as application:
        taken_at = instant(taken, "--taken") if taken else None
        summary = application.plan_restore(SystemId(system), now(), taken_at)
        _print(
            application,
            summary,
            f"{system} brought nobody back; next: retention restore gate {system}",
            as_json=as_json,
        )


@app.command("rewrite-copies")
def rewrite_copies(
    context: typer.Context,
    part: Annotated[str, typer.Argument(metavar="PART", help="What every copy holds: a system with `rewrites`.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Plan, for each copy of a backup, what must go from it: one plan a copy."""
    with opened(context) as application:
        planned = application.plan_rewrites(SystemId(part), now())
        for each in planned:
            if not as_json:
                nothing = f"{each.copy_id}: nobody is in it who must not be; next: retention restore gate {each.system}"
                _print(application, each.plan, nothing, as_json=False)
    if as_json:
        print_json(planned)


@app.command("joint-use")
def joint_use(
    context: typer.Context,
    use: Annotated[str, typer.Argument(metavar="USE", help="The joint use's name in the policy.")],
    set_name: Annotated[str, typer.Argument(metavar="SET", help="The set's name.")],
    recipient: Annotated[str, typer.Option("--to", help="The joint user's id.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Plan to hand a set to a joint user."""
    with opened(context) as application:
        _print(application, application.plan_export(use, set_name, recipient, now()), "", as_json=as_json)


@app.command()
def statistics(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name under `statistics` in the policy.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Plan to count people for partners; cells of few, and those that would give them away, are left out."""
    with opened(context) as application:
        _print(application, application.plan_statistics(name, now()), "", as_json=as_json)


@app.command()
def withdrawals(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Plan to take back what joint users may no longer have, and to destroy keys that nothing needs."""
    with opened(context) as application:
        _print(application, application.plan_withdrawals(now()), "nothing must come back", as_json=as_json)


@app.command()
def show(context: typer.Context, plan: PlanArgument, *, as_json: AsJson = False) -> None:
    """Print a plan again."""
    with opened(context) as application:
        _show(application, PlanId(plan), as_json=as_json)


def approve(
    context: typer.Context,
    plan: PlanArgument,
    digest: Annotated[str, typer.Option(help="The digest that the plan shows.")],
    by: Approver,
) -> None:
    """Allow exactly this plan."""
    with opened(context) as application:
        case = application.approve(PlanId(plan), digest, by, now())
    waiting = case.state is CaseState.PLANNED
    console.print(f"{plan}: {'a second person must approve' if waiting else 'approved'}", highlight=False)


class RejectionReason(Enum):
    """Why a plan is refused."""

    TOO_MUCH = "too-much"
    TOO_LITTLE = "too-little"
    WRONG_PERSON = "wrong-person"
    NOT_NOW = "not-now"
    OTHER = "other"


def reject(
    context: typer.Context,
    plan: PlanArgument,
    reason: Annotated[RejectionReason, typer.Option(help="Why; stated in the evidence.")],
    by: Approver,
) -> None:
    """Refuse the plan; the case can be planned again."""
    with opened(context) as application:
        application.reject(PlanId(plan), by, reason.value, now())
    console.print(f"{plan}: rejected", highlight=False)


def apply(
    context: typer.Context,
    plan: PlanArgument,
    *,
    expect: Annotated[bool, typer.Option("--expect", help="Only if `retention datamap expect PLAN` holds.")] = False,
    as_json: AsJson = False,
) -> None:
    """Carry an approved plan out. After a crash, run it again: nothing happens twice."""
    with opened(context) as application:
        if expect:
            _refuse_if_amiss(application, PlanId(plan))
        steps = len(application.plan(PlanId(plan))[0].steps)
        with progress(f"applying {plan}", steps) as watch:
            report = application.apply(PlanId(plan), now(), watch)
    if as_json:
        print_json(report)
    else:
        console.print(f"{report.case_id}: {report.state.value}, {report.done} steps done", highlight=False)
        rows: list[tuple[StepId, str]] = [(step, f"waiting for {p.waiting_for}") for step, p in report.pending.items()]
        rows += [(step, f"failed: {failed.code}") for step, failed in report.failed.items()]
        if rows:
            print_table("Open", ("step", "state"), rows)
    if report.failed:
        raise typer.Exit(4 if all(failed.transient for failed in report.failed.values()) else 1)


def _refuse_if_amiss(application: App, plan_id: PlanId) -> None:
    looks = application.expect_map(now(), plan_id)
    amiss = sorted(name for name, look in looks.items() if look.failed)
    if amiss:
        raise FoundError(
            f"the data map does not hold in {', '.join(amiss)}; nothing was touched",
            hint=f"see what is amiss: retention datamap expect {plan_id}",
        )


def verify(context: typer.Context, plan: PlanArgument, *, as_json: AsJson = False) -> None:
    """Look again by other code; if all is well and every processor has answered, seal the case."""
    with opened(context) as application:
        moment = now()
        looks = {} if _has_looked(application, PlanId(plan)) else application.verify(PlanId(plan), moment).looks
        rows = [(name, look.rows_before, look.rows_after, look.residual) for name, look in looks.items()]
        if as_json:
            print_json({"plan": plan, "datasets": looks})
        elif rows:
            print_table("Verified", ("dataset", "rows before", "rows after", "left over"), rows)
        else:
            console.print("verified before; not looked at again", highlight=False)
        sealed = application.seal(PlanId(plan), moment)
    if not as_json:
        until = f"; {copies_until(sealed.until)}" if sealed.copies else ""
        console.print(f"{sealed.case_id}: {sealed.state.value}{until}", highlight=False)


def _has_looked(application: App, plan_id: PlanId) -> bool:
    """Whether verification has passed: others write on since, so that a second look would compare with the past."""
    plan, _ = application.plan(plan_id)
    state = application.context.ledger.cases.get(plan.case_id).state
    return state in (CaseState.VERIFIED, CaseState.SEALED, CaseState.CLOSED)


def _print(application: App, summary: PlanSummary | None, nothing: str, *, as_json: bool) -> None:
    if summary is None:
        if as_json:
            print_json(None)
        else:
            console.print(nothing, highlight=False)
        return
    _show(application, summary.plan_id, as_json=as_json)
    if not as_json:
        line = "approved by the policy's standing approval" if summary.preapproved else "next: retention approve"
        tail = "" if summary.preapproved else f" {summary.plan_id} --digest {summary.digest}"
        console.print(line + tail, highlight=False, soft_wrap=True)


def _show(application: App, plan_id: PlanId, *, as_json: bool) -> None:
    plan, digest = application.plan(plan_id)
    volumes = application.volumes(plan_id)
    if as_json:
        print_json({"digest": digest, "plan": plan, "volumes": volumes})
    else:
        print_volumes(volumes)
        print_plan(plan, digest)
