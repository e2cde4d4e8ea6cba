"""Writing verdicts to a file: JSON lines, or Parquet; whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from trialist.findings import InputError, Message

ROWS_AT_ONCE: Final = 5000
"""Persons per group of rows in a Parquet file."""

MESSAGES = {
    "screen.no_parquet": Message(
        "Parquet needs the package pyarrow, which is not installed.",
        "写 Parquet 需要 pyarrow，尚未安装。",
        ways_en=("Install pyarrow, or name a file that ends in .jsonl.",),
        ways_zh=("请安装 pyarrow，或指定以 .jsonl 结尾的文件。",),
    ),
    "screen.unknown_ending": Message(
        "The ending `{ending}` names no kind of file that verdicts are written to.",
        "无法按扩展名 `{ending}` 写出结果。",
        ways_en=("Name a file that ends in .jsonl or .parquet.",),
        ways_zh=("请指定以 .jsonl 或 .parquet 结尾的文件。",),
    ),
    "screen.unwritable": Message(
        "This cannot be written: {why}.",
        "无法写入：{why}。",
        ways_en=("Name another place with --out.",),
        ways_zh=("请用 --out 指定其他位置。",),
    ),
}

Record = dict[str, Any]
Writer = Callable[[Iterable[Record], Path], None]


def writer_for(path: Path) -> Writer:
    """What writes records to a file with this ending.

    Raises:
        InputError: no such kind of file, or Parquet without pyarrow.
    """
    if path.suffix in {".jsonl", ".ndjson", ".json"}:
        return _write_lines
    if path.suffix == ".parquet":
        try:
            import pyarrow.parquet  # type: ignore[import-untyped]  # noqa: F401 - asked for before the work, not after it
        except ImportError:
            raise _complaint("screen.no_parquet", path) from None
        return _write_parquet
    raise _complaint("screen.unknown_ending", path, ending=path.suffix)


def write(records: Iterable[Record], path: Path) -> None:
    """Write one record per person to `path`.

    Raises:
        InputError: the file cannot be written, or its kind is not known.
    """
    write_to = writer_for(path)
    with _whole(path) as scratch:
        write_to(records, scratch)


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A place to write to that becomes `path` when the block ends without an error."""
    scratch = path.with_name(f".{path.name}.part")
    try:
        yield scratch
        scratch.replace(path)
    except OSError as error:
        raise _complaint("screen.unwritable", path, why=error.strerror or str(error)) from None
    finally:
        scratch.unlink(missing_ok=True)


def _write_lines(records: Iterable[Record], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")


def _write_parquet(records: Iterable[Record], path: Path) -> None:
    """One row per criterion and person; nested parts as JSON text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = (
        "id",
        "verdict",
        "criterion",
        "criterion_verdict",
        "words",
        "trace",
        "missing",
        "problems",
        "line",
        "error",
    )
    schema = pa.schema([(name, pa.int64() if name == "line" else pa.string()) for name in columns])
    with pq.ParquetWriter(path, schema) as file:
        rows: list[Record] = []
        for record in records:
            rows += _rows(record)
            if len(rows) >= ROWS_AT_ONCE:
                file.write_table(pa.Table.from_pylist(rows, schema=schema))
                rows = []
        file.write_table(pa.Table.from_pylist(rows, schema=schema))


def _rows(record: Record) -> list[Record]:
    if "error" in record:
        return [{"line": record["line"], "error": record["error"]}]
    problems = json.dumps(record["problems"], ensure_ascii=False) if "problems" in record else None
    return [
        {
            "id": record["id"],
            "verdict": record["verdict"],
            "criterion": one["id"],
            "criterion_verdict": one["verdict"],
            "words": one["words"],
            "trace": json.dumps(one["trace"], ensure_ascii=False),
            "missing": json.dumps(one["missing"], ensure_ascii=False),
            "problems": problems,
        }
        for one in record["criteria"]
    ]


def _complaint(code: str, path: Path, **fields: Any) -> InputError:
    return InputError(MESSAGES[code].finding(code, file=str(path), **fields))
