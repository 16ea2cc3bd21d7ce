"""The second factor: setting it up, proving it, backup codes, taking it away."""

import math
import secrets
from base64 import b32encode
from collections.abc import Sequence

import segno
from django.db import transaction
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django_otp.models import Device
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken

from accounts import audit, seeds
from accounts.models import Authenticator, BackupCodes, User

HOW_MANY_CODES = 10
DIGITS = 6
# No letter or digit that is easily taken for another one.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def is_enrolled(user: User) -> bool:
    """Whether somebody has a second factor."""
    return bool(Authenticator.objects.filter(user=user).exists())


def new_seed() -> bytes:
    """A seed for an app; it is nobody's until a code has proved that the app has it."""
    return secrets.token_bytes(seeds.SEED_BYTES)


def _unsaved(user: User, seed: bytes) -> Authenticator:
    return Authenticator(user=user, name="app", key=seeds.sealed(seed, user_id=user.pk))


def picture(user: User, seed: bytes) -> SafeString:
    """What the app's camera reads, as an SVG element without a style of its own."""
    code = segno.make_qr(_unsaved(user, seed).config_url, error="m")
    return mark_safe(code.svg_inline(omitsize=True, border=4, svgclass="qr", lineclass=None))


def letters(seed: bytes) -> list[str]:
    """The seed to be typed into an app, in groups of four."""
    text = b32encode(seed).decode()
    return [text[at : at + 4] for at in range(0, len(text), 4)]


def digits_of(code: str) -> str:
    """A code as people type it, with blanks or dashes, in any script's digits; '' when it is none."""
    plain = "".join(sign for sign in code if not sign.isspace() and sign != "-")
    return str(int(plain)).zfill(DIGITS) if plain.isdecimal() and len(plain) == DIGITS else ""


@transaction.atomic
def enrol(*, user: User, seed: bytes, code: str, instead: bool = False) -> tuple[Authenticator, list[str]] | None:
    """Take the app for the second factor, `instead` of the one before. Returns it and the backup codes, or None.

    None: the code is wrong, or somebody was faster. The code that proves it cannot be used a second time.
    """
    User.objects.select_for_update().get(pk=user.pk)
    if is_enrolled(user) and not instead:
        return None
    totp = TOTP(seed)
    given = digits_of(code)
    if not given or not totp.verify(int(given), tolerance=1):
        return None
    Authenticator.objects.filter(user=user).delete()
    device = _unsaved(user, seed)
    device.last_t = totp.t()
    device.save()
    audit.record(by=user.username, action="factor-set", account=user.username)
    return device, _draw_codes(user)


@transaction.atomic
def new_codes(*, user: User) -> list[str]:
    """Ten fresh backup codes; the old ones are good no more."""
    User.objects.select_for_update().get(pk=user.pk)
    audit.record(by=user.username, action="backup-codes", account=user.username)
    return _draw_codes(user)


def _draw_codes(user: User) -> list[str]:
    BackupCodes.objects.filter(user=user).delete()
    device = BackupCodes.objects.create(user=user, name="paper")
    codes = [f"{_draw(5)}-{_draw(5)}" for _ in range(HOW_MANY_CODES)]
    StaticToken.objects.bulk_create(
        StaticToken(device_id=device.pk, token=seeds.code_hash(code, user_id=user.pk)) for code in codes
    )
    return codes


def _draw(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


@transaction.atomic
def reseal() -> tuple[int, int, int]:
    """Put every seed under the present key. Returns how many were sealed anew, were so already, and open under none."""
    anew = already = lost = 0
    for device in Authenticator.objects.select_for_update().order_by("pk"):
        key = seeds.resealed(device.key, user_id=device.user_id)
        if key is None:
            lost += 1
        elif key == device.key:
            already += 1
        else:
            Authenticator.objects.filter(pk=device.pk).update(key=key)
            anew += 1
    if anew:
        audit.record(by="bin/manage", action="factors-resealed", seeds=anew)
    return anew, already, lost


def with_codes_left() -> int:
    """How many people have backup codes that are not used yet."""
    return int(User.objects.filter(pk__in=StaticToken.objects.values("device__user")).count())


def codes_left(user: User) -> int:
    """How many backup codes are not used yet."""
    return int(StaticToken.objects.filter(device__user=user).count())


class TooSoonError(Exception):
    """After a wrong code, django-otp itself waits before it looks at the next one."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@transaction.atomic
def prove(*, user: User, code: str) -> Device | None:
    """The app or paper whose code this is; None for a wrong or used one. Two tries at once are taken in turn.

    Raises TooSoonError, and then nothing was tried.
    """
    digits = digits_of(code)
    kind = Authenticator if digits else BackupCodes
    device = kind.objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is not None:
        _allow(device)
    if device is None or not device.verify_token(digits or code):
        audit.record(by=user.username, action="code-refused")
        return None
    if kind is BackupCodes:
        audit.record(by=user.username, action="backup-code-used")
    return device


def _allow(device: Device) -> None:
    allowed, why = device.verify_is_allowed()
    if not allowed:
        raise TooSoonError(math.ceil((why["locked_until"] - timezone.now()).total_seconds()))


def remove(users: Sequence[User]) -> None:
    """Take the second factor away, with its backup codes. Every session that it has proved is unproved at once."""
    for kind in (Authenticator, BackupCodes):
        kind.objects.filter(user__in=users).delete()
