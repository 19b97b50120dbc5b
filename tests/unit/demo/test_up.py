"""What `make up` refuses before it starts anything."""

from __future__ import annotations

import socket


def test_a_port_that_is_taken_is_said_before_anything_starts(cli, tmp_path):
    """Exit code 4, which port, and what to do; no workspace is made."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = cli("demo", "--workspace", str(tmp_path / "w"), "--airflow", "--port", str(port))
    assert said.code == 4
    assert f"port {port}" in said.err
    assert f"make up PORT={port + 1}" in said.err
    assert not (tmp_path / "w").exists()
