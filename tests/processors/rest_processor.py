"""A company with a REST interface: deletes at once, or as a job; can be asked whether it knows someone."""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

sys.path.insert(0, str(Path(__file__).parent))
from faulty import Call, Simulated, serve

PAGE = 2


@dataclass
class Rest(Simulated):
    """`/people`, `/jobs` and `/token`."""

    jobs: dict[str, list[str]] = field(default_factory=dict)
    """Number → person, state."""
    by_key: dict[str, str] = field(default_factory=dict)
    """Idempotency key → job."""
    bearers: int = 0

    def extra(self) -> dict[str, Any]:
        """Tell how many jobs there are."""
        return {"jobs": len(self.jobs), "tokens": self.bearers}

    def settle(self) -> None:
        """Finish every job."""
        for job in self.jobs.values():
            if job[1] == "running":
                self.delete(job[0])
                job[1] = "partial" if self.faults.partial else "done"

    def answer(self, call: Call) -> tuple[int, Any]:
        """Answer."""
        if call.path == "/token":
            self.bearers += 1
            return 200, {"access_token": "t0k", "expires_in": 3600}
        if call.headers.get("authorization") != "Bearer t0k":
            return 401, {"error": "who are you?"}
        first, _, rest = call.path.removeprefix("/").partition("/")
        return getattr(self, f"_{call.method.lower()}_{first}")(unquote(rest), call)

    def _get_check(self, _: str, __: Call) -> tuple[int, Any]:
        return 200, {"ok": True}

    def _get_people(self, person: str, call: Call) -> tuple[int, Any]:
        if person:
            return (200, {"id": person}) if person in self.people else (404, None)
        wanted = sorted(each for each in self.people if each == call.query["external_id"])
        offset = int(call.query.get("offset", 0))
        page = [{"id": f"#{each}"} for each in wanted[offset : offset + PAGE]]
        more = f"http://{call.headers['host']}/people?external_id={call.query['external_id']}&offset={offset + PAGE}"
        return 200, {"people": page, "next": more if wanted[offset + PAGE :] else None}

    def _delete_people(self, person: str, _: Call) -> tuple[int, Any]:
        person = person.removeprefix("#")
        if self.faults.refuse:
            return 403, {"error": "the law forbids it"}
        if person not in self.people:
            return 404, None
        self.delete(person)
        return 200, {"deleted": "partly" if self.faults.partial else True}

    def _post_jobs(self, _: str, call: Call) -> tuple[int, Any]:
        if self.faults.refuse:
            return 403, {"error": "the law forbids it"}
        key = call.headers.get("idempotency-key", "")
        if key not in self.by_key or not key:
            number = str(next(itertools.count(len(self.jobs) + 1)))
            self.jobs[number] = [call.body["person"], "running"]
            self.by_key[key] = number
        return 202, {"job": {"id": self.by_key[key], "state": self.jobs[self.by_key[key]][1]}}

    def _get_jobs(self, number: str, _: Call) -> tuple[int, Any]:
        return (200, {"job": {"state": self.jobs[number][1]}}) if number in self.jobs else (404, None)


if __name__ == "__main__":
    serve(Rest())
