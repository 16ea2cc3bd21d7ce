"""Questionnaires on paper: batches of numbered sheets, each entered twice, and where the two entries differ.

The web process writes entries and cannot read them; a worker compares them.
"""

import uuid

from django.db import models
from django.db.models import Q


class PaperBatch(models.Model):
    """Sheets that came in together. Numbered sheets in numbered batches, so that none is entered twice."""

    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    number = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=16)
    sheets = models.PositiveSmallIntegerField()
    received_on = models.DateField()
    closed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "cohort_id", "number"], name="paper_batch_number_once"),
            models.CheckConstraint(condition=Q(sheets__gte=1), name="paper_batch_has_sheets"),
        ]
        ordering = ["site_id", "cohort_id", "number"]


class PaperSheet(models.Model):
    """One questionnaire on paper: how far it is, and who entered it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        ENTERED = "entered"
        COMPARING = "comparing"
        DIFFERS = "differs"
        AGREED = "agreed"
        EMPTY = "empty"

    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    batch = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.WAITING)
    first_by = models.CharField(max_length=64, blank=True)
    second_by = models.CharField(max_length=64, blank=True)
    first_on = models.DateField(null=True)
    second_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "cohort_id", "batch", "number"], name="paper_sheet_once"),
            models.CheckConstraint(
                condition=Q(second_by="") | ~Q(second_by=models.F("first_by")), name="paper_sheet_by_two_people"
            ),
        ]
        ordering = ["site_id", "cohort_id", "batch", "number"]


class PaperEntry(models.Model):
    """One of the two entries of a sheet, as closed as a response: `content` is its record and its free texts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    batch = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    turn = models.PositiveSmallIntegerField()
    key_id = models.UUIDField(null=True)
    content = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site_id", "cohort_id", "batch", "number", "turn"], name="paper_entry_turn_once"
            ),
            models.CheckConstraint(condition=Q(turn__in=[1, 2]), name="paper_entry_first_or_second"),
        ]


class Difference(models.Model):
    """A question that the two entries of a sheet answer differently, until somebody has looked at the paper.

    `answers` are the two answers, encrypted under a key of the installation that is not in the database.
    """

    class Right(models.TextChoices):
        FIRST = "first"
        SECOND = "second"

    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    batch = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    question = models.CharField(max_length=32)
    answers = models.BinaryField()
    right = models.CharField(max_length=8, choices=Right, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site_id", "cohort_id", "batch", "number", "question"], name="difference_once"
            )
        ]
        ordering = ["site_id", "cohort_id", "batch", "number", "pk"]
