"""Writing a folder of results: all of it or nothing, and never over something that is there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trialist.findings import InputError, Message

EXTRAS = {
    **dict.fromkeys(("z3", "ibis", "duckdb", "sqlglot"), "warehouse"),
    **dict.fromkeys(("django", "ninja", "django_htmx", "gunicorn", "psycopg", "pyotp", "segno"), "server"),
    **dict.fromkeys(("numpy", "scipy", "statsmodels", "numba", "pandas"), "analysis"),
}
"""Package → the extra that brings it."""

MESSAGES = {
    "EXTRA": Message(
        en="This needs the package {package}, which is not installed.",
        zh="此操作需要未安装的软件包 {package}。",
        ways_en=("Install trialist[{extra}].", "`check --without-proofs` needs no solver."),
        ways_zh=("请安装 trialist[{extra}]。", "check --without-proofs 不需要求解器。"),
    ),
    "FILE": Message(
        en="This cannot be read or written: {why}.",
        zh="无法读取或写入：{why}。",
        ways_en=("Name another place, or see who may write there.",),
        ways_zh=("请指定其他位置，或检查该处的读写权限。",),
    ),
    "OUT-EXISTS": Message(
        en="This exists already; nothing was written.",
        zh="该位置已存在，未写入任何内容。",
        ways_en=("Name another place with --out, or add --force to replace it.",),
        ways_zh=("请用 --out 指定其他位置，或加 --force 予以替换。",),
    ),
    "OUT-NOT-OURS": Message(
        en="This folder holds {stranger}, which this command does not write; nothing was replaced.",
        zh="该文件夹中有 {stranger}，并非本命令所写，未替换任何内容。",
        ways_en=("Name another place with --out.",),
        ways_zh=("请用 --out 指定其他位置。",),
    ),
    "OUT-UNWRITABLE": Message(
        en="This cannot be written: {why}.",
        zh="无法写入：{why}。",
        ways_en=("Name another place with --out.",),
        ways_zh=("请用 --out 指定其他位置。",),
    ),
}


def _complaint(code: str, path: Path, **fields: str) -> InputError:
    return InputError(MESSAGES[code].finding(code, file=str(path), **fields))


def explained(error: ModuleNotFoundError | OSError) -> InputError | None:
    """What to say of a package that an extra brings, or of a file that the system refuses; None of any other."""
    if isinstance(error, OSError):
        if not isinstance(error.filename, str):
            return None
        return _complaint("FILE", Path(error.filename), why=error.strerror or str(error))
    package = (error.name or "").partition(".")[0]
    if package not in EXTRAS:
        return None
    return InputError(MESSAGES["EXTRA"].finding("EXTRA", package=package, extra=EXTRAS[package]))


def check_free(path: Path, *, force: bool, ours: frozenset[str] = frozenset()) -> None:
    """Refuse a place that is taken, unless forced and holding nothing but what this command writes.

    Raises:
        InputError: the place exists, or holds a stranger's file.
    """
    if not path.exists() and not path.is_symlink():
        return
    if path.is_dir():
        names = sorted(entry.name for entry in path.iterdir())
        if not names:
            return
        strangers = [name for name in names if name not in ours]
        if force and strangers:
            raise _complaint("OUT-NOT-OURS", path, stranger=strangers[0])
    if not force:
        raise _complaint("OUT-EXISTS", path)


@contextmanager
def whole_folder(path: Path, *, force: bool, ours: frozenset[str]) -> Iterator[Path]:
    """A fresh folder to write into, moved to `path` when the block ends without an error."""
    check_free(path, force=force, ours=ours)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise _complaint("OUT-UNWRITABLE", path, why=error.strerror or str(error)) from None
    try:
        scratch.chmod(0o755)
        yield scratch
        if path.exists():
            shutil.rmtree(path)
        scratch.rename(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
