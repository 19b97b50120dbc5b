"""Media that a program cannot sanitize: a person's record of it stands in the case's evidence."""

from __future__ import annotations

from retention.evidence import verifier


def test_a_sanitized_medium_stands_in_the_case_with_method_tool_verifier_and_date(closed, cli):
    """Somebody else must have verified it; without a verifier, or by who did it, nothing is recorded (UNX-41)."""
    told = {
        "--medium": "tape-0042",
        "--method": "purge",
        "--tool": "eraser-5",
        "--at": "2026-11-20T09:00:00+09:00",
        "--verifier": "Taro Sato",
        "--by": "Hanako Yamada",
    }

    def run(**changed: str | None):
        words = {**told, **{f"--{name}": value for name, value in changed.items()}}
        given = [word for name, value in words.items() if value is not None for word in (name, value)]
        return cli("media", closed.case, *given, folder=closed.shop.folder)

    assert [run(verifier=None).code, run(verifier="hanako yamada").code] == [2, 3]
    assert [run(**wrong).code for wrong in ({"method": "burn"}, {"medium": "a b"}, {"at": "2026-11-20"})] == [2, 2, 2]
    with closed.shop.app() as app:
        before = verifier.verify(app.bundle(closed.case))
    assert "mediaSanitized" not in {fact.kind for fact in before.facts}
    assert run().code == 0
    with closed.shop.app() as app:
        report = verifier.verify(app.bundle(closed.case))
    (fact,) = [fact for fact in report.facts if fact.kind == "mediaSanitized"]
    assert (report.broken, report.complete) == ("", True)
    assert [fact.told[name] for name in ("medium", "method", "tool", "sanitizedAt")] == [
        "tape-0042",
        "purge",
        "eraser-5",
        "2026-11-20T00:00:00Z",
    ]
    assert fact.told["verifierRef"] != fact.told["operatorRef"]
