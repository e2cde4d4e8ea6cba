"""The one way in which a record becomes bytes, so that its hash means the same to everybody."""

from __future__ import annotations

import hashlib
import json
from typing import Any

# Records are trees, so nobody has to look for circles in them.
_encoder = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, and every character as itself (UTF-8 when written).

    `value` holds text, whole numbers, truths, None, lists and mappings with text keys; floats have no
    canonical form here and are refused by those who call this.
    """
    return _encoder.encode(value)


def sha256(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of `text`, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
