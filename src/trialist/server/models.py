"""Holdings: accounts, drafts, and what kind of server this is. Backed up with the ledger, never rebuilt.

The ledger's own tables are no models: a migration makes them from the ledger's dialect. Projections are rows
made by pure functions from the ledger's states; `projections.rebuild` makes them anew.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Accounts(BaseUserManager):
    """Finds accounts by what people type."""

    def get_by_natural_key(self, name: str) -> Account:
        """The account of that name, however its letters are written."""
        return self.get(name=name.strip().lower())


class Account(AbstractBaseUser):
    """One person's way in. Roles and sites are no part of it: the ledger's delegation log holds them.

    A name and a person are given once and never again; an account that is not needed any more is closed, never
    deleted, so that what it signed stays somebody's.
    """

    name = models.CharField(max_length=64, unique=True)
    person = models.CharField(max_length=64, unique=True)
    shown = models.CharField(max_length=120)
    language = models.CharField(max_length=2, default="en")
    is_active = models.BooleanField(default=True)
    new_password_wanted = models.BooleanField(default=True)
    second_factor_wanted = models.BooleanField(default=True)
    totp_secret = models.CharField(max_length=255, blank=True)
    totp_step = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)

    objects = Accounts()

    USERNAME_FIELD = "name"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["person"]

    def __str__(self) -> str:
        return self.name

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Refused: close the account instead."""
        raise TypeError("an account is closed, never deleted")


class RecoveryCode(models.Model):
    """A code that stands in for the second factor, once."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"a recovery code of {self.account.name}"


class AccountLog(models.Model):
    """What happened to an account: sign-ins, refusals, changes. Lines are added, never changed."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="log")
    at = models.DateTimeField(auto_now_add=True)
    what = models.CharField(max_length=40)
    address = models.CharField(max_length=45, blank=True)

    def __str__(self) -> str:
        return f"{self.account.name}: {self.what}"


class Draft(models.Model):
    """What somebody has typed into a form and not yet saved. Gone when the form is saved."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    participant = models.CharField(max_length=32)
    place = models.CharField(max_length=160)
    entries = models.JSONField()
    expected = models.PositiveIntegerField()
    updated = models.DateTimeField(auto_now=True)

    class Meta:  # noqa: D106 - Django's
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["account", "participant", "place"], name="one_draft")
        ]

    def __str__(self) -> str:
        return f"draft of {self.place}"


class Rehearsal(models.Model):
    """One row in a server that was filled by a rehearsal: its seed, and how its clock differs from ours."""

    seed = models.BigIntegerField()
    clock = models.DurationField(help_text="added to the time of day; the past, so negative")

    def __str__(self) -> str:
        return f"rehearsal {self.seed}"


class ParticipantCard(models.Model):
    """Projection: where each participant stands, as of `version` of their stream."""

    id = models.CharField(max_length=32, primary_key=True)
    version = models.PositiveIntegerField()
    site = models.CharField(max_length=16, db_index=True)
    status = models.CharField(max_length=16, db_index=True)
    stratum = models.CharField(max_length=64, blank=True)
    kit = models.CharField(max_length=32, blank=True)
    open_queries = models.PositiveIntegerField()
    signed = models.BooleanField()
    frozen = models.BooleanField()

    def __str__(self) -> str:
        return self.id
