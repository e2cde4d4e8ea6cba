"""A small rehearsal, made once for all processes, as a user would make it."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialist.cli.main import main


@pytest.fixture(scope="session")
def rehearsed(once) -> Path:
    """The folder of `trialist rehearse smart --seed 3 --participants 12`."""

    def rehearse(folder: Path) -> None:
        words = ["--seed", "3", "--participants", "12", "--out", str(folder / "smart")]
        assert main(["rehearse", "smart", *words]) == 0

    return once("rehearsed", rehearse) / "smart"
