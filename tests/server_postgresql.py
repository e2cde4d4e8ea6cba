"""A PostgreSQL of the tests' own: a cluster in a temporary folder on a local socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

OWNER, CLERK = "owner", "clerk"
"""The role that makes the tables, and the one in which the server works."""


def tool(name: str) -> str | None:
    """A server's program: where Debian keeps it, or on the path."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(kept[-1]) if kept else shutil.which(name)


def present() -> bool:
    """Whether a cluster can be started here: its program refuses to run as root."""
    known = os.geteuid() != 0 or "postgres" in {entry.pw_name for entry in pwd.getpwall()}
    return bool(tool("initdb") and known)


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[Path]:
    """The folder of a running cluster's socket. `durable`: commits reach the disk, as for a benchmark."""
    folder = Path(tempfile.mkdtemp(prefix="cluster"))
    root = os.geteuid() == 0
    account: dict[str, Any] = {"user": "postgres", "group": pwd.getpwnam("postgres").pw_gid} if root else {}
    if root:
        shutil.chown(folder, "postgres")

    def run(name: str, *words: str | Path) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
        subprocess.run([tool(name), "-D", folder / "data", *words], check=True, **quiet, **account)

    run("initdb", "-U", OWNER, "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
    options = f"-k {folder} -c listen_addresses='' -c max_connections=150"
    if not durable:
        options += " -c fsync=off"
    run("pg_ctl", "-w", "-o", options, "-l", folder / "log", "start")
    try:
        yield folder
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder)


def address(socket: Path, name: str, role: str = CLERK) -> str:
    """The database's address, as `--db` takes it."""
    return f"postgresql://{role}@/{name}?host={socket}"


def say(socket: Path, statement: str, *, name: str = "postgres", role: str = OWNER) -> list[Any]:
    """One statement, and its rows."""
    import psycopg

    with psycopg.connect(host=str(socket), user=role, dbname=name, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def copy(socket: Path, source: str, name: str) -> str:
    """A copy of a database nobody is connected to; its name."""
    say(socket, f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
    return name
