"""Staff accounts, their roles per site, and the audit trail. Participants have no account and never appear here."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


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


class Throttle(models.Model):
    """Failed sign-ins by hashed user name, so that guessing slows down without any address being kept."""

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
