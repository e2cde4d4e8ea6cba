/* Small conveniences; every page works without them. */
"use strict";

/* A menu closes when focus leaves it, or on Escape. */
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; });
  }
});

/* While a button of a form is held down nothing moves under the hand: the draft waits. */
let held = null;
const release = (event) => {
  const missed = held && held.form && !held.contains(event.target) ? held.form : null;
  held = null;
  if (missed) { missed.dispatchEvent(new Event("change", { bubbles: true })); }
};
document.addEventListener("pointerdown", (event) => { held = event.target.closest("form button"); });
document.addEventListener("pointerup", release);
document.addEventListener("pointercancel", release);
document.addEventListener("htmx:beforeRequest", (event) => { if (held) { event.preventDefault(); } });
document.addEventListener("htmx:beforeSwap", (event) => { if (held) { event.detail.shouldSwap = false; } });
