"""Personal invitations, made in batches and kept as hashes."""

from django.db import models
from django.db.models import Q


class Batch(models.Model):
    """Invitations made together: the same language, channel and last day."""

    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    number = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=16)
    channel = models.CharField(max_length=40)
    expires_on = models.DateField()
    made_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site_id", "cohort_id", "number"], name="batch_number_once")]
        ordering = ["site_id", "cohort_id", "number"]


class Invitation(models.Model):
    """One person's way in, once. Only the hash of its token is kept, and whether it was used.

    `reserved_until` is the last day of the draft that was begun with it; after that day it is free again.
    """

    class State(models.TextChoices):
        FREE = "free"
        RESERVED = "reserved"
        USED = "used"
        WITHDRAWN = "withdrawn"

    hash = models.BinaryField(max_length=32, primary_key=True)
    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    batch = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.FREE)
    reserved_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "cohort_id", "batch", "number"], name="invitation_number_once"),
            models.CheckConstraint(
                condition=Q(state="reserved", reserved_until__isnull=False)
                | Q(state__in=["free", "used", "withdrawn"], reserved_until__isnull=True),
                name="invitation_reserved_until_a_day",
            ),
        ]
        ordering = ["site_id", "cohort_id", "batch", "number"]
