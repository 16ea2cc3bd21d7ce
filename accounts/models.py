"""Staff accounts, their roles per site, and the audit trail. Participants have no account and never appear here."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import seeds

LONGEST_WAIT_SECONDS = 42


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str, **fields: Any) -> "User":
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A member of staff. No e-mail address: there is nothing to send, and a list of addresses is a list of people."""

    username = models.CharField(max_length=64, unique=True)
    display_name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=16, blank=True)
    is_active = models.BooleanField(default=True)

    objects = UserManager()
    USERNAME_FIELD = "username"

    def __str__(self) -> str:
        return self.display_name or self.username


class Role(models.Model):
    """What somebody may do: a researcher in one site, a coordinator or administrator everywhere. Sites are by value."""

    class Name(models.TextChoices):
        RESEARCHER = "researcher"
        COORDINATOR = "coordinator"
        ADMINISTRATOR = "administrator"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="roles")
    name = models.CharField(max_length=16, choices=Name)
    site_id = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "name", "site_id"], nulls_distinct=False, name="role_once"),
            models.CheckConstraint(
                condition=models.Q(name="researcher", site_id__isnull=False)
                | (~models.Q(name="researcher") & models.Q(site_id__isnull=True)),
                name="role_researcher_has_a_site",
            ),
            models.CheckConstraint(
                condition=models.Q(name__in=["researcher", "coordinator", "administrator"]), name="role_is_known"
            ),
        ]


class _Patient:
    """django-otp doubles the wait after a wrong code for ever, which would lock somebody out; ours has an end."""

    throttling_failure_count: int

    def get_throttle_factor(self) -> float:
        return min(1.0, LONGEST_WAIT_SECONDS / 2 ** max(self.throttling_failure_count - 1, 0))


class Authenticator(_Patient, TOTPDevice):
    """The app on somebody's phone that shows codes. Its seed is kept sealed: the table alone makes no code."""

    key: str

    class Meta:
        proxy = True

    @property
    def bin_key(self) -> bytes:
        return seeds.opened(self.key, user_id=self.user_id)

    def verify_token(self, token: str) -> bool:
        """django-otp saves the row with what came of it, and so the seed goes under the present key by being used."""
        self.key = seeds.resealed(self.key, user_id=self.user_id) or self.key
        return bool(super().verify_token(token))


class BackupCodes(_Patient, StaticDevice):
    """Ten codes on paper, each good once. Kept as keyed hashes."""

    class Meta:
        proxy = True

    def verify_token(self, token: str) -> bool:
        """Looked up under every key first: django-otp counts each try that fails, and this is one."""
        hashes = seeds.code_hashes(token, user_id=self.user_id)
        kept = self.token_set.filter(token__in=hashes).first()
        return bool(super().verify_token(kept.token if kept else hashes[0]))


class OneTimeLink(models.Model):
    """The way in for somebody who is invited, or whose second factor was taken away. Only its hash is kept."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="link")
    token_hash = models.BinaryField(max_length=32, unique=True)
    expires_on = models.DateField()


class StaffSession(models.Model):
    """Whose session a row of sessions is, so that it can be ended. Neither row opens one: that takes the cookie."""

    row_key = models.CharField(max_length=40, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    begun_on = models.DateField()
    seen = models.DateTimeField()


class Throttle(models.Model):
    """Failed sign-ins and codes by hashed user name, so that guessing slows down without any address being kept."""

    name_hash = models.BinaryField(max_length=32, primary_key=True)
    failures = models.PositiveSmallIntegerField(default=0)
    blocked_until = models.DateTimeField()


class AuditEntry(models.Model):
    """One act of staff. Append-only: the application's roles may insert and read; each entry seals the one before."""

    at = models.DateTimeField()
    actor = models.CharField(max_length=64)
    action = models.CharField(max_length=40)
    detail = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["pk"]
