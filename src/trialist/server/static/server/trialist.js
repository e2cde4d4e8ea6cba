/* Small conveniences; every page works without them. */
"use strict";

/* A menu closes when focus leaves it, or on Escape. */
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; });
  }
});
