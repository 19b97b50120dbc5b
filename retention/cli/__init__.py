"""The command line: one file a noun, no decisions.

    entry        the program: options, errors → exit codes, commands of other packages
    options      what the shared options said
    workspace    opening the workspace of a command; the clock
    output       tables, JSON, plans and people's words for states
    init, policy, datamap, events, requests, holds, plans, copies, evidence,
    opendsr     the nouns

Exit codes: 0 done · 1 a check found something · 2 wrong input · 3 refused · 4 a system could
not be reached (safe to run again).
"""

from retention.cli.entry import main

__all__ = ["main"]
