"""`trialist screen --omop`: screening a warehouse."""

from __future__ import annotations

import argparse
import json
import sys
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
        "--threads", type=int, metavar="N", help="threads of an embedded database (default: all)"
    )


def run(draft: Draft, options: argparse.Namespace, console: Console) -> int:
    """Screen; print what was found; write persons and report."""
    from trialist.screening.warehouse import WarehouseScreening, connect, lines, people
    from trialist.screening.writing import write, writer_for

    if options.out is not None:
        check_free(options.out, force=options.force)
        writer_for(options.out)
    database = connect(options.omop, schema=options.schema, threads=options.threads)
    screening = WarehouseScreening(draft, database, options.index)
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
    return 0
