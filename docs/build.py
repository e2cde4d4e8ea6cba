"""Writes what the documentation derives from code: reference pages, the schema, the picture in the README.

    make docs

The picture needs Chromium and is left alone without it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TITLE_PAGE = {"x": 0, "y": 0, "width": 1280, "height": 1140}


def picture(report: Path, file: Path, chromium: str) -> None:
    """The first page of a report, as a browser shows it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1140})
        page.goto(report.as_uri())
        page.screenshot(path=file, clip=TITLE_PAGE)
        browser.close()


def main() -> None:
    """Write everything."""
    for script in (["-m", "trialist.protocol.published"], ["tests/spec/manual_page.py"]):
        subprocess.run([sys.executable, *script], cwd=ROOT, check=True)  # noqa: S603 - our own scripts
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Chromium is not installed: the README's picture was not made again.")
    import trialist

    with tempfile.TemporaryDirectory() as folder:
        trialist.load("smart").rehearse(Path(folder), seed=7)
        picture(Path(folder) / "report.html", ROOT / "docs" / "pictures" / "report.png", chromium)


if __name__ == "__main__":
    main()
