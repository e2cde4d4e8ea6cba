"""Who signs in: passwords, lock-out, the second factor, recovery. What a person may do is not decided here.

Every change is one keyword-only function that writes its line to the account's log in the same transaction.
"""

from __future__ import annotations

import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from trialist.findings import Message, Refusal
from trialist.server.models import Account, AccountLog, RecoveryCode

FAILURES = 5
"""So many wrong passwords or codes in a row, and the name rests."""
REST = timedelta(minutes=15)
RECOVERY_CODES = 10
LONGEST_PASSWORD = 256
_STEP = 30
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{2,63}", re.ASCII)
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

MESSAGES = {
    "account.taken": Message(
        en="This name or this person has an account, and names are never given twice.",
        zh="该用户名或人员已有账户，用户名不重复使用。",
    ),
    "account.name": Message(
        en="A name has 3 to 64 small letters, digits, dots and hyphens.",
        zh="用户名为 3–64 个小写字母、数字、点或连字符。",
    ),
}


@dataclass(frozen=True, slots=True)
class Locked:
    """The name rests, whatever password comes."""

    until: datetime


def make(*, name: str, person: str, shown: str, address: str = "") -> tuple[Account, str]:
    """A new account and its one-time password.

    Raises:
        Refusal: the name cannot be a name, or name or person have an account.
    """
    if not _NAME.fullmatch(name):
        raise Refusal(MESSAGES["account.name"].finding("account.name", path="name"))
    if Account.objects.filter(name=name).exists() or Account.objects.filter(person=person).exists():
        raise Refusal(MESSAGES["account.taken"].finding("account.taken", path="name"))
    once = one_time_password()
    with transaction.atomic():
        account = Account.objects.create(name=name, person=person, shown=shown, password=make_password(once))
        _log(account, "made", address)
    return account, once


def one_time_password() -> str:
    """Easy to read aloud, 59 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))


def reset(*, account: Account, address: str = "") -> str:
    """Forget password and second factor; the one-time password that opens the next sign-in."""
    once = one_time_password()
    with transaction.atomic():
        account.recovery_codes.all().delete()
        _change(
            account,
            password=make_password(once),
            new_password_wanted=True,
            totp_secret="",
            failures=0,
            locked_until=None,
        )
        _log(account, "reset", address)
    return once


def close(*, account: Account, address: str = "") -> None:
    """Nobody signs in by this account any more; its name stays taken."""
    with transaction.atomic():
        _change(account, is_active=False)
        _log(account, "closed", address)


def check_password(*, name: str, password: str, address: str = "") -> Account | Locked | None:
    """Whose name and password these are; None where they do not go together.

    An unknown name takes as long as a known one, and is answered in the same words.
    """
    account = Account.objects.filter(name=name.strip().lower()).first() if len(name) <= 64 else None
    if account is not None and _resting(account):
        assert account.locked_until is not None, "it rests until then"
        return Locked(account.locked_until)
    known = account is not None and account.is_active and len(password) <= LONGEST_PASSWORD
    if not known or account is None:
        make_password(password[:LONGEST_PASSWORD])
        return None
    if account.check_password(password):
        return account
    return _failed(account, "wrong password", address)


def check_code(*, account: Account, code: str, address: str = "") -> Account | Locked | None:
    """The account, if `code` is its second factor now and was not used before, or a recovery code."""
    if _resting(account):
        assert account.locked_until is not None, "it rests until then"
        return Locked(account.locked_until)
    typed = code.replace(" ", "").strip().lower()
    if _use_totp(account, typed) or _use_recovery_code(account, typed, address):
        return account
    return _failed(account, "wrong code", address)


def signed_in(*, account: Account, address: str = "") -> None:
    """Somebody is in: failures are forgotten."""
    with transaction.atomic():
        _change(account, failures=0, locked_until=None, last_login=timezone.now())
        _log(account, "signed in", address)


def set_password(*, account: Account, password: str, address: str = "") -> None:
    """A password of the person's own choice.

    Raises:
        ValidationError: the policy does not allow it; each error carries a code.
    """
    validate_password(password, account)
    with transaction.atomic():
        _change(account, password=make_password(password), new_password_wanted=False)
        _log(account, "password changed", address)


# --- the second factor (RFC 6238: SHA-1, 30 seconds, six digits) ------------------------------------------------


def new_secret() -> str:
    """160 bits, as authenticators read them."""
    import pyotp

    return str(pyotp.random_base32())


def address_of(secret: str, account: Account, issuer: str) -> str:
    """What the QR code holds."""
    import pyotp

    return str(pyotp.TOTP(secret).provisioning_uri(name=account.name, issuer_name=issuer))


def enroll(*, account: Account, secret: str, code: str, address: str = "") -> tuple[str, ...] | None:
    """Turn the second factor on, if `code` shows that the authenticator has the secret; the recovery codes."""
    step = _matching_step(secret, code.replace(" ", ""), after=0)
    if step is None:
        return None
    codes = tuple(
        "".join(secrets.choice(_ALPHABET) for _ in range(5))
        + "-"
        + "".join(secrets.choice(_ALPHABET) for _ in range(5))
        for _ in range(RECOVERY_CODES)
    )
    with transaction.atomic():
        account.recovery_codes.all().delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(account=account, digest=_digest(one)) for one in codes)
        _change(account, totp_secret=_encrypted(secret), totp_step=step)
        _log(account, "second factor on", address)
    return codes


def _use_totp(account: Account, typed: str) -> bool:
    if not account.totp_secret:
        return False
    step = _matching_step(_decrypted(account.totp_secret), typed, after=account.totp_step)
    if step is None:
        return False
    won = Account.objects.filter(pk=account.pk, totp_step__lt=step).update(totp_step=step)
    account.totp_step = step
    return won == 1


def _matching_step(secret: str, typed: str, *, after: int) -> int | None:
    """The 30 seconds, of these and those before and after, whose code this is; later than `after`."""
    import pyotp

    if not re.fullmatch(r"[0-9]{6}", typed, re.ASCII):
        return None
    totp, now = pyotp.TOTP(secret), int(timezone.now().timestamp()) // _STEP
    for step in (now - 1, now, now + 1):
        if step > after and constant_time_compare(totp.generate_otp(step), typed):
            return step
    return None


def _use_recovery_code(account: Account, typed: str, address: str) -> bool:
    with transaction.atomic():
        unused = account.recovery_codes.filter(digest=_digest(typed), used=None)
        if unused.update(used=timezone.now()) != 1:
            return False
        _log(account, "recovery code used", address)
        return True


def _digest(code: str) -> str:
    return salted_hmac("recovery code", code.replace("-", ""), algorithm="sha256").hexdigest()


def _fernet() -> object:
    from cryptography.fernet import Fernet

    return Fernet(urlsafe_b64encode(sha256(b"second factor " + settings.SECRET_KEY.encode()).digest()))


def _encrypted(secret: str) -> str:
    return _fernet().encrypt(secret.encode()).decode()  # type: ignore[attr-defined]


def _decrypted(sealed: str) -> str:
    return _fernet().decrypt(sealed.encode()).decode()  # type: ignore[attr-defined]


# --- inside -----------------------------------------------------------------------------------------------------


def _resting(account: Account) -> bool:
    return account.locked_until is not None and account.locked_until > timezone.now()


def _failed(account: Account, what: str, address: str) -> Locked | None:
    """Count a failure; after `FAILURES` in a row the name rests."""
    with transaction.atomic():
        Account.objects.filter(pk=account.pk).update(failures=F("failures") + 1)
        account.refresh_from_db()
        _log(account, what, address)
        if account.failures < FAILURES:
            return None
        until = timezone.now() + REST
        _change(account, failures=0, locked_until=until)
        _log(account, "locked", address)
    return Locked(until)


def _change(account: Account, **fields: object) -> None:
    for name, value in fields.items():
        setattr(account, name, value)
    account.save(update_fields=list(fields))


def _log(account: Account, what: str, address: str) -> None:
    AccountLog.objects.create(account=account, what=what, address=address)
