"""The HTTP API: another rim like the command line. It takes no decision of its own.

    application  puts everything together: start here
    resources/   one module a noun: requests, cases, plans, evidence, holds, orders
    visiting     who asks: token, role, rate; every route names the roles that may
    calls        a POST is done once, however often it is sent; and only to what the caller has looked at
    problems     errors of ours as problem details (RFC 9457)
    shapes       bodies and answers
    hygiene      sizes, types, headers and the access log, before anything else
    limits       so many calls a token and minute
    desks        the desks of other protocols: OpenDSR and the Data Rights Protocol
    serving      uvicorn

FastAPI and uvicorn come with the extra `api` and are named here alone.
"""

from __future__ import annotations
