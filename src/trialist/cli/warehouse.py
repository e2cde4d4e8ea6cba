"""`trialist screen --omop`: screening a warehouse."""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from trialist.cli.console import Console
from trialist.cli.output import check_free

if TYPE_CHECKING:
    from trialist.protocol import Draft


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb for warehouses."""
    group = parser.add_argument_group("with --omop")
    group.add_argument("--schema", metavar="NAME", help="the schema that holds the tables")
    group.add_argument(
        "--full",
        action="store_true",
        help="every criterion for everybody; else nobody is asked further once kept out",
    )
    group.add_argument(
        "--sql",
        choices=("duckdb", "postgres", "spark", "trino", "bigquery", "snowflake"),
        help="with --omop none: print the statements of --full in this dialect, and run nothing",
    )
    group.add_argument("--report", type=Path, metavar="FILE", help="write the figures here: one HTML file")
    group.add_argument(
        "--months", type=int, default=12, metavar="N", help="month ends in the report (default: 12)"
    )
    group.add_argument(
        "--threads", type=int, metavar="N", help="threads of an embedded database (default: all)"
    )


def run(draft: Draft, options: argparse.Namespace, console: Console) -> int:
    """Screen; print what was found; write persons and report."""
    from trialist.screening.warehouse import Script, WarehouseScreening, connect, lines, people
    from trialist.screening.writing import write, writer_for

    if options.sql is not None:
        script = Script(options.sql, options.index or date.today())  # noqa: DTZ011 - the day of the reader
        WarehouseScreening(draft, script).everyone()
        console.say(*(f"{statement};\n" for statement in script.statements))
        return 0
    for path in (options.out, options.report):
        if path is not None:
            check_free(path, force=options.force)
    if options.out is not None:
        writer_for(options.out)
    database = connect(options.omop, schema=options.schema, threads=options.threads)
    screening = WarehouseScreening(draft, database, options.index, plans=_cache())
    found = screening.everyone() if options.full else screening.attrition()
    told = lines(found, options.language)
    if options.out is not None:
        write(people(screening, found, options.language), options.out)
    if options.format == "json" and options.out is None:
        for record in people(screening, found, options.language):
            console.say(json.dumps(record, ensure_ascii=False, allow_nan=False))
        print(*told, sep="\n", file=sys.stderr)
    else:
        console.say(*told)
    if options.report is not None:
        from trialist.report import screening_page
        from trialist.screening.warehouse.record import record

        screening_page.write(
            record(screening, found, months=options.months), options.report, options.language
        )
        console.say(str(options.report))
    database.close()
    return 0


def _cache() -> Path:
    """Where compiled plans are kept for the next run."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "trialist" / "plans"
