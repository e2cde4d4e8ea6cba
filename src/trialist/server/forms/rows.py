"""One row of one form, as one person looks at it, and what its page sends back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.http import HttpRequest
from django.urls import reverse

from trialist.conduct.commands import Entry, SaveForm
from trialist.conduct.entry import record
from trialist.conduct.state import FormKey, ParticipantState
from trialist.conduct.tables import FormTable
from trialist.findings import Language
from trialist.server.access import Here
from trialist.server.forms import fields
from trialist.server.forms.typed import Typed, entry, of_post
from trialist.server.sight import enters, sees_item


@dataclass(frozen=True)
class Row:
    """One row of one form, as one person looks at it."""

    here: Here
    language: Language
    person: ParticipantState
    key: FormKey
    table: FormTable

    @property
    def address(self) -> str:
        """Where this row is shown and saved."""
        key = self.key
        if key.visit is None:
            return reverse("log", args=[self.person.id, key.form, key.row])
        return reverse("form", args=[self.person.id, key.visit, key.occurrence, key.form, key.row])

    @property
    def entered(self) -> bool:
        """Whether this role fills the form in."""
        return enters(self.here, self.table.form)

    @property
    def items(self) -> tuple[str, ...]:
        """Items with a field on this person's page."""
        known = self.here.protocol.items
        return tuple(
            name
            for name in self.table.form.items
            if known[name].type != "computed" and sees_item(self.here, known[name])
        )

    def recorded(self) -> dict[str, Typed]:
        """What is recorded, as the fields hold it."""
        return {
            name: one for name, one in fields.recorded(self.person, self.key).items() if name in self.items
        }

    def changes(self, typed: dict[str, Typed]) -> dict[str, Entry]:
        """The entries that differ from what is recorded."""
        kept = self.person.forms[self.key].items if self.key in self.person.forms else {}
        entries = {name: entry(self.here.protocol.items[name], one) for name, one in typed.items()}
        return {name: one for name, one in entries.items() if record(one) != kept.get(name, {})}

    def command(self, typed: dict[str, Typed], reason: str, expected: int | None) -> SaveForm:
        """The act that would save it."""
        key = self.key
        return SaveForm(
            self.person.id,
            key.form,
            self.changes(typed),
            visit=key.visit,
            occurrence=key.occurrence,
            row=key.row,
            reason=reason or None,
            expected=expected,
        )


@dataclass(frozen=True)
class Sheet:
    """What a page of a row sent: the fields, what it had shown, which version of the participant that was."""

    typed: dict[str, Typed]
    base: dict[str, Typed]
    reason: str
    expected: int
    chosen: dict[str, str]
    key: str

    @classmethod
    def of_post(cls, request: HttpRequest, row: Row) -> Sheet:
        """Read it; what is no field of this page is left alone."""
        post = request.POST
        base = {
            name: Typed(
                post.get(f"bv.{name}", ""), post.get(f"bu.{name}", ""), post.get(f"bc.{name}", ""),
                post.get(f"bn.{name}", ""),
            )
            for name in row.items
        }  # fmt: skip
        expected = post.get("expected", "")
        return cls(
            typed=of_post(post, row.items),
            base=base,
            reason=post.get("reason", ""),
            expected=int(expected) if expected.isascii() and expected.isdigit() and len(expected) < 10 else 0,
            chosen={name: post.get(f"k.{name}", "") for name in row.items},
            key=post.get("key", ""),
        )

    def with_(self, item: str, **change: str) -> Sheet:
        """The same with one field changed."""
        if item not in self.typed:
            return self
        return replace(self, typed={**self.typed, item: replace(self.typed[item], **change)})
