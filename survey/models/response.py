"""Answers: drafts that only their holder can open, and responses, one row each in the partition of its site.

Rows that may one day live in another database refer to site, cohort and version by value, not by foreign key.
"""

import uuid

from django.db import models


class Draft(models.Model):
    """Answers under way, encrypted under a key that the database does not hold."""

    locator = models.BinaryField(max_length=32, primary_key=True)
    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    version_id = models.IntegerField()
    revision = models.PositiveIntegerField(default=0)
    sealed = models.BinaryField()
    expires_on = models.DateField()


class Response(models.Model):
    """One submitted questionnaire. No time finer than the ISO week, no participant, no invitation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    version_id = models.IntegerField()
    week = models.CharField(max_length=8)
    language = models.CharField(max_length=16)
    # The first cut that counts it; none yet for what came after the latest one.
    cut = models.PositiveSmallIntegerField(null=True)
    # The data key that the record is sealed under; none where the study says that its records are open.
    key_id = models.UUIDField(null=True)
    record = models.BinaryField()


class FreeText(models.Model):
    """The free texts of a response as one, apart from its record: nothing that counts ever reads this table.

    How many there are, of which questions and how long, is inside: JSON of question → text, sealed as the record is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    site_id = models.IntegerField()
    response_id = models.UUIDField()
    key_id = models.UUIDField(null=True)
    texts = models.BinaryField()
