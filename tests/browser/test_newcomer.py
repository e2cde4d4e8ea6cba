"""A newcomer follows the tutorial to the letter: from the printed address to a first saved visit."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from hands import press

from server_live_study import served

ROOT = Path(__file__).parents[2]
MINUTES = 3

_DOINGS = re.compile(
    r"[Ss]ign in as `(?P<name>[^`]+)` with the password `(?P<password>[^`]+)`"
    r"|[Tt]ype `(?P<value>[^`]+)` at \*(?P<label>[^*]+)\*"
    r"|[Pp]ress \*(?P<button>[^*]+)\*"
    r"|[Ff]ollow the participant's (?P<link>number)"
)
"""What the tutorial tells people to do, in the words in which it tells them."""


def steps() -> str:
    """The numbered steps of the tutorial's part about the server."""
    text = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    part = text.split("## Open the door\n")[1].split("\n## ")[0]
    return re.sub(r"\s+", " ", part.strip().split("\n\n")[0])


def follow(page, doing: re.Match[str]) -> None:
    """Do one thing as it is told; whatever loads a page is waited for."""
    told = doing.groupdict()
    if told["name"]:
        page.get_by_label("Name").fill(told["name"])
        page.get_by_label("Password").fill(told["password"])
        target = page.get_by_role("button", name="Sign in")
    elif told["label"]:
        page.get_by_role("textbox", name=re.compile(rf"^{re.escape(told['label'])}\b")).fill(told["value"])
        return
    elif told["button"]:
        pattern = re.compile(rf"^{re.escape(told['button'])}\b")
        target = page.get_by_role("button", name=pattern).or_(page.get_by_role("link", name=pattern))
    else:
        target = page.get_by_role("link", name=re.compile(r"^[0-9]{2}-[0-9]{3}$"))
    press(page, target.first)


def test_the_tutorials_steps_lead_to_a_saved_visit(window, tmp_path):
    text = steps()
    doings = list(_DOINGS.finditer(text))
    assert [next(name for name, told in one.groupdict().items() if told) for one in doings] == [
        "name", "button", "button", "value", "value", "button", "link",
    ]  # fmt: skip
    rehearsal = re.search(r"serve --rehearsal \$\(SEED\)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert rehearsal, "what `make serve` starts"
    assert "http://127.0.0.1:8000/" in text
    began = time.monotonic()
    with served(tmp_path, "--rehearsal", "7", "--db", f"sqlite:///{tmp_path}/study.sqlite") as server:
        assert any("coordinator-01" in line for line in server.said)
        page = window(base_url=server.address)
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto("/")
        for doing in doings:
            follow(page, doing)
        history = page.inner_text("main")
    if os.getloadavg()[0] < 4 * (os.cpu_count() or 1):  # else the clock tells of the machine's other work
        assert time.monotonic() - began < 60 * MINUTES
    assert faults == []
    latest = history[history.index("History") :].splitlines()[2:8]
    assert latest[1] == "Saved: Month 1, Blood count"
    assert latest[4].startswith("Month 1 took place")
    assert re.fullmatch("Coordinator [0-9a-f]{4}", latest[2])
