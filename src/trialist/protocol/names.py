"""Names spelled alike: the help that an unknown name gets."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

MOST_LISTED = 12


def suggestion(name: str, known: Iterable[str]) -> dict[str, Any]:
    """The fields `suggestion_en`, `suggestion_zh` and `allowed` of a message about an unknown name."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    shown = known if len(known) <= MOST_LISTED else _nearest(name, known)
    return {
        "suggestion_en": f"; did you mean `{near[0]}`?" if near else "",
        "suggestion_zh": f"；是否指 `{near[0]}`？" if near else "",
        "allowed": ", ".join(shown) or "—",
    }


def _nearest(name: str, known: list[str]) -> list[str]:
    near = difflib.get_close_matches(name, known, n=MOST_LISTED - 1, cutoff=0.0)
    return [*near, "…"]
