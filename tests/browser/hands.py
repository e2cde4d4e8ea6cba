"""Hands of somebody at a browser: they press when the page stands still, and see what answers."""

from __future__ import annotations

import re

from server_live import gate


def settle(page) -> None:
    """Leave the field and wait for what that sets off: a draft is sent, and its answer may move a button away."""
    from playwright.sync_api import expect

    page.evaluate("document.activeElement.blur()")
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def press(page, button) -> None:
    """Press a button (a selector or a locator) and see the page that answers: a click does not wait for it."""
    settle(page)
    target = page.locator(button).first if isinstance(button, str) else button
    with page.expect_navigation():
        target.click()


def press_twice(page, button: str, *, until: str) -> None:
    """A double click sends twice, and the browser drops the first answer for the second.

    The server holds both until both have come: else the second click could meet the page that answers the first.
    An aborted navigation is none to wait for, so the address is watched; and a bare mouse waits for none.
    """
    from playwright.sync_api import expect

    settle(page)
    page.locator(button).scroll_into_view_if_needed()
    place = page.locator(button).bounding_box()
    with gate.shut():
        for clicks in (1, 2):
            page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
            gate.await_requests(clicks)
    expect(page).to_have_url(re.compile(until))
    page.wait_for_load_state()
