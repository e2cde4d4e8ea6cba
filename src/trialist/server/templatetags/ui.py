"""Tags of the templates: words, states, icons, days, the interval. Built in: no page needs to load them."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from trialist.findings import Language
from trialist.server import dates, figures, icons, words

register = template.Library()


def _language(context: Context) -> Language:
    return "zh" if context.get("language") == "zh" else "en"


@register.simple_tag(takes_context=True)
def w(context: Context, key: str, **fields: Any) -> str:
    """Words of the interface: `{% w "sign_out" %}`, `{% w "some_sites" n=3 %}`."""
    return words.say(key, _language(context), **fields)


@register.simple_tag(takes_context=True)
def say(context: Context, text: Any) -> str:
    """Words of the study file, of a finding or of a trace: anything with `say(language)`."""
    said: str = text.say(_language(context)) if hasattr(text, "say") else str(text)
    return said


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "ok" %}`: hidden from screen readers; a word stands beside it."""
    return mark_safe(icons.svg(name))  # noqa: S308 - from the fixed table


@register.simple_tag
def state(
    tone: str, label: Any, picture: str = "", *, chip: bool = False, hidden: bool = False
) -> SafeString:
    """An icon and a word: `{% state "due" "Window opens today" %}`.

    `tone` is ok, due, stop, unk or idle; `picture` another icon than the tone's own; `chip` adds the tint;
    `hidden` keeps the word for screen readers alone.
    """
    return format_html(
        '<span class="{}st st--{}">{}<span{}>{}</span></span>',
        "chip " if chip else "",
        tone,
        mark_safe(icons.svg(picture or tone)),  # noqa: S308 - from the fixed table
        mark_safe(' class="vh"') if hidden else "",
        label,
    )


@register.simple_tag(takes_context=True)
def assumed(context: Context, label: str = "") -> SafeString:
    """The dashed tag beside what is assumed."""
    return format_html('<span class="assumed">{}</span>', label or words.say("assumed", _language(context)))


@register.simple_tag
def interval(figure: figures.Interval) -> SafeString:
    """The interval figure."""
    return mark_safe(figures.draw(figure))  # noqa: S308 - numbers, and a sentence that is escaped


@register.simple_tag(takes_context=True)
def day(context: Context, value: date | str | None, *, year: bool = True, short: bool = False) -> str:
    """A day: `14 April 2026`. Text as events hold it may be partial or a moment."""
    if value is None or isinstance(value, str):
        return dates.stated(value, _language(context))
    return dates.day(value, _language(context), year=year, short=short)


@register.simple_tag(takes_context=True)
def moment(context: Context, value: datetime, *, year: bool = True) -> str:
    """A moment, in local time already: `14 Apr 2026, 09:41`."""
    return dates.moment(value, _language(context), year=year)


@register.simple_tag
def asset(name: str) -> str:
    """The address of a style sheet, a script or the mark."""
    from trialist.server.views import assets

    return assets.address(name)


@register.simple_tag
def key() -> SafeString:
    """A hidden field with a fresh key: an act sent twice is done once."""
    return format_html('<input type="hidden" name="key" value="{}">', secrets.token_urlsafe(18))


@register.simple_tag(takes_context=True)
def ways(context: Context, finding: Any) -> tuple[str, ...]:
    """A finding's ways out: `{% ways finding as found %}`."""
    found: tuple[str, ...] = finding.ways(_language(context))
    return found


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """`{{ mapping|get:key }}`; None where there is none."""
    return mapping.get(key) if hasattr(mapping, "get") else None
