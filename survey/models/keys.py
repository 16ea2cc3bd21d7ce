"""Key pairs of sites, the data keys sealed to them, and who among people holds a private key.

Nothing here opens an answer by itself: private keys lie in files that only workers can read, or under passphrases.
"""

import uuid

from django.db import models
from django.db.models import Q


class SiteKey(models.Model):
    """The public half of a site's key pair, and in whose custody the private half is.

    `recovery` is the private half sealed to the study's recovery key, which is kept off every server.
    """

    class Custody(models.TextChoices):
        WORKER = "worker"
        RESEARCHERS = "researchers"
        # The private half is on no machine of this installation: a field laptop seals to its server's key.
        ELSEWHERE = "elsewhere"

    class State(models.TextChoices):
        CURRENT = "current"
        RETIRED = "retired"
        ERASED = "erased"
        # Its file is missing: nothing is sealed to it until it is found again.
        LOST = "lost"

    site_id = models.IntegerField()
    number = models.PositiveSmallIntegerField()
    custody = models.CharField(max_length=16, choices=Custody, default=Custody.WORKER)
    state = models.CharField(max_length=8, choices=State, default=State.CURRENT)
    public = models.BinaryField()
    recovery = models.BinaryField(null=True)
    # The private half of one that was changed, sealed to the key that followed: field laptops may still seal to it.
    passed_on = models.BinaryField(null=True)
    made_on = models.DateField()
    # Somebody who held it holds it no more: the next unlock changes it.
    rotation_due = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "number"], name="site_key_number_once"),
            models.UniqueConstraint(fields=["site_id"], condition=Q(state="current"), name="site_key_current_once"),
            models.CheckConstraint(
                condition=Q(state__in=["current", "retired", "erased", "lost"]), name="site_key_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(custody__in=["worker", "researchers", "elsewhere"]), name="site_key_custody_is_known"
            ),
        ]
        ordering = ["site_id", "number"]


class DataKey(models.Model):
    """A data key, sealed to its site's key. Its number is random and it carries no time."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site_id = models.IntegerField()
    # The number of the site's key that it is sealed to.
    site_key = models.PositiveSmallIntegerField()
    sealed = models.BinaryField()


class KeyHolder(models.Model):
    """A researcher's own key pair: the private half under a passphrase and the site's shred file.

    `share` is the site's private key sealed to this person; without one they asked for it and nobody has agreed yet.
    """

    site_id = models.IntegerField()
    username = models.CharField(max_length=64)
    public = models.BinaryField()
    wrapped = models.BinaryField()
    share = models.BinaryField(null=True)
    # The number of the site's key that `share` is.
    site_key = models.PositiveSmallIntegerField(null=True)
    asked_on = models.DateField()
    granted_by = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "username"], name="key_holder_once"),
            models.CheckConstraint(
                condition=Q(share__isnull=True, site_key__isnull=True)
                | Q(share__isnull=False, site_key__isnull=False) & ~Q(granted_by=""),
                name="key_holder_share_is_whole",
            ),
        ]
        ordering = ["site_id", "username"]


class Unlock(models.Model):
    """A site's private key for a few minutes, boxed under a token that only jobs and the unlocker's session carry.

    The table is not logged: the box is in no write-ahead log and in no backup made of one, and a crash empties it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site_id = models.IntegerField()
    site_key = models.PositiveSmallIntegerField()
    by = models.CharField(max_length=64)
    box = models.BinaryField()
    expires_at = models.DateTimeField()
