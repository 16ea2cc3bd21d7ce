"""What is noticed about responses, so that one can be left out without anybody seeing it; and what came from files."""

import uuid

from django.db import models
from django.db.models import Q


class Flag(models.Model):
    """Something about one response. Only workers know which response it is; staff see the flag and may exclude by it.

    `detail` says what was noticed, in words that a page translates; `sheet` is “batch/number” for one from paper.
    """

    class Kind(models.TextChoices):
        TWIN = "twin"
        FLAT = "flat"
        PAPER = "paper"

    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    response_id = models.UUIDField()
    week = models.CharField(max_length=8)
    language = models.CharField(max_length=16)
    detail = models.CharField(max_length=40, blank=True)
    sheet = models.CharField(max_length=16, blank=True)
    excluded = models.BooleanField(default=False)
    reason = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=64, blank=True)
    on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "cohort_id", "kind", "response_id"], name="flag_once"),
            models.CheckConstraint(
                condition=Q(excluded=False) | (~Q(reason="") & ~Q(by="") & Q(on__isnull=False)),
                name="flag_excluded_with_a_reason",
            ),
        ]
        ordering = ["site_id", "cohort_id", "pk"]


class Upload(models.Model):
    """A file of responses that waits to be checked, looked at and taken in. Its content is sealed, and then gone.

    `report` is what the page shows: how many lines, which problems, what was new.
    """

    class Kind(models.TextChoices):
        TABLE = "table"
        BUNDLE = "bundle"

    class State(models.TextChoices):
        CHECKING = "checking"
        CHECKED = "checked"
        REFUSED = "refused"
        TAKING = "taking"
        TAKEN = "taken"
        FAILED = "failed"

    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=16, choices=State, default=State.CHECKING)
    name = models.CharField(max_length=120)
    # The content is sealed under a data key of the site, bound to this random number.
    seal_id = models.UUIDField(default=uuid.uuid4, editable=False)
    key_id = models.UUIDField(null=True)
    content = models.BinaryField(null=True)
    by = models.CharField(max_length=64)
    on = models.DateField()
    done = models.PositiveIntegerField(default=0)
    size = models.PositiveIntegerField()
    asked_at = models.DateTimeField(auto_now_add=True)
    beat_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    report = models.JSONField(default=dict)

    class Meta:
        ordering = ["site_id", "cohort_id", "-pk"]


class Tombstone(models.Model):
    """A response that was taken back: a bundle that still carries it must not bring it back. A hash and no more."""

    hash = models.BinaryField(max_length=32, primary_key=True)
    site_id = models.IntegerField()
