"""A small rehearsal, made once, as a user would make it."""

from __future__ import annotations

from pathlib import Path

import pytest

from trialist.cli.main import main


@pytest.fixture(scope="session")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `trialist rehearse smart --seed 3 --participants 12`."""
    folder = tmp_path_factory.mktemp("rehearsed") / "smart"
    assert main(["rehearse", "smart", "--seed", "3", "--participants", "12", "--out", str(folder)]) == 0
    return folder
