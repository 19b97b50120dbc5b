"""The program: serve, or load people."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from demo.analytics.faults import Faults
from demo.analytics.records import Records
from demo.analytics.service import Settings, make_app
from demo.analytics.signing import CERTIFICATE_FILE


def main(arguments: Sequence[str]) -> None:
    """Load people if the first argument is `load`, else serve until interrupted."""
    if arguments[:1] == ["load"]:
        _load(arguments[1:])
    else:
        _serve(arguments)


def _load(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="demo.analytics load", description="Take in people's viewing counts.")
    parser.add_argument("--host", default="127.0.0.1", help="where it listens")
    parser.add_argument("--address", help="under which others reach it; default: where it listens")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("file", type=Path, help="JSON lines: user_id, views, minutes")
    options = parser.parse_args(arguments)
    with options.file.open(encoding="utf-8") as lines:
        count = Records(options.folder).load(line for line in lines if line.strip())
    sys.stdout.write(f"{count} people loaded\n")


def _serve(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="demo.analytics", description="A processor that speaks OpenDSR 2.0.")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one, and says which")
    parser.add_argument("--host", default="127.0.0.1", help="where it listens")
    parser.add_argument("--address", help="under which others reach it; default: where it listens")
    parser.add_argument("--folder", type=Path, required=True, help="its database, key and certificate")
    parser.add_argument("--domain", default="127.0.0.1", help="in whose name it signs")
    parser.add_argument("--controller", default="demo", help="the id of its customer")
    parser.add_argument("--token", help="the bearer token it asks for")
    parser.add_argument("--delay", type=float, default=0.2, help="seconds before each change of status")
    parser.add_argument("--faults", nargs="?", const="{}", help="allow PUT /faults; start with these (JSON)")
    options = parser.parse_args(arguments)
    # Listening before the line is printed: who has read it can connect.
    listener = socket.create_server((options.host, options.port))
    address = options.address or f"http://{options.host}:{listener.getsockname()[1]}"
    settings = Settings(
        folder=options.folder,
        address=address,
        domain=options.domain,
        controller_id=options.controller,
        token=options.token,
        delay=options.delay,
        faults_allowed=options.faults is not None,
        faults=Faults.model_validate_json(options.faults or "{}"),
    )
    app = make_app(settings)
    sys.stdout.write(f"analytics processor at {address}; pin {options.folder / CERTIFICATE_FILE}\n")
    sys.stdout.flush()
    config = uvicorn.Config(app, log_level="warning", access_log=False)
    with listener:
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1:])
