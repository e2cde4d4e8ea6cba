"""The API: the same acts as the pages, through the same desk, for programs.

Thin by intent. A request is parsed by a schema that is made from the command's own fields, the signed-in
person becomes the actor, the desk decides; nothing of a trial is known here.
"""

from __future__ import annotations

from trialist.server.api.entrance import api

__all__ = ["api"]
