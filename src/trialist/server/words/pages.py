"""Words of the pages of a trial."""



from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "today_title": ("Today", "今日"),
}
