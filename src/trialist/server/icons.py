"""The icons: 16 px grid, 2 px stroke. A state is an icon and a word; the icon alone is hidden from readers."""

from __future__ import annotations

from collections.abc import Mapping

DISC = '<circle cx="8" cy="8" r="7" fill="currentColor" stroke="none"/>'

ICONS: Mapping[str, str] = {
    "ok": DISC + '<path class="k" d="M4.8 8.2l2.3 2.3 4.2-4.7"/>',
    "due": '<circle cx="8" cy="8" r="6.2"/><path d="M8 4.2V8l2.6 1.8"/>',
    "warn": '<path d="M8 2l6.6 11.8H1.4z"/><path d="M8 6.4V10M8 11.4v1"/>',
    "stop": '<path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" fill="currentColor" stroke="none"/>'
    '<path class="k" d="M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2"/>',
    "unk": '<rect x="1.5" y="1.5" width="13" height="13" rx="2" stroke-width="1.5" stroke-dasharray="3 2.2"/>'
    '<path d="M5.9 6.3a2.1 2.1 0 1 1 2.9 2c-.5.2-.8.5-.8 1.1" stroke-width="1.6"/>'
    '<circle cx="8" cy="11.6" r="1" fill="currentColor" stroke="none"/>',
    "idle": '<circle cx="8" cy="8" r="5.6"/>',
    "half": '<circle cx="8" cy="8" r="6"/><path d="M8 2v12A6 6 0 0 0 8 2z" fill="currentColor"/>',
    "pen": '<path d="M2.5 13.5l.7-3L11 2.7l2.3 2.3L5.5 12.8z"/>',
    "talk": '<path d="M2 2.8h12v8H7.5l-3.2 2.8v-2.8H2z"/>',
    "dash": '<path d="M4 8h8"/>',
    "low": '<path d="M8 2.5V13M3.8 8.8L8 13l4.2-4.2"/>',
    "high": '<path d="M8 13.5V3M3.8 7.2L8 3l4.2 4.2"/>',
    "saved": '<path d="M3.5 8.3l2.8 2.8 6.2-6.6"/>',
    "lock": '<rect x="3" y="7" width="10" height="7" rx="1.5"/><path d="M5 7V5a3 3 0 0 1 6 0v2"/>',
    "add": '<path d="M8 2.5v11M2.5 8h11"/>',
}
"""Name → what is drawn in a box of 16 by 16."""

STATES = frozenset({"ok", "due", "stop", "unk", "idle"})
"""States that have a color: done, wants a person, stops, unknown, quiet."""


def svg(name: str) -> str:
    """The icon as markup, hidden from screen readers."""
    return f'<svg class="i i-{name}" viewBox="0 0 16 16" aria-hidden="true" focusable="false">{ICONS[name]}</svg>'
