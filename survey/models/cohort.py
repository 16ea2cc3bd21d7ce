"""The people of a site: cohorts, participants without identities, and the way from a link to its site."""

from django.db import models


class Cohort(models.Model):
    """A group recruited in one site under one version. Frozen means that its answers change no more."""

    class State(models.TextChoices):
        PREPARING = "preparing"
        OPEN = "open"
        PAUSED = "paused"
        CLOSED = "closed"
        FROZEN = "frozen"

    site_id = models.IntegerField()
    version_id = models.IntegerField()
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=16, choices=State, default=State.PREPARING)
    synthetic = models.BooleanField(default=False)
    link_hash = models.BinaryField(max_length=32, null=True)
    fieldwork_from = models.DateField(null=True)
    fieldwork_to = models.DateField(null=True)
    modes = models.CharField(max_length=80, blank=True)
    # Who answers by name for printing minima and maxima, which are single people; releases keep a copy.
    signed_off_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "name"], name="cohort_name_once"),
            models.UniqueConstraint(fields=["link_hash"], name="cohort_link_once"),
            models.CheckConstraint(
                condition=models.Q(fieldwork_to__isnull=True)
                | models.Q(fieldwork_from__isnull=False, fieldwork_to__gte=models.F("fieldwork_from")),
                name="cohort_fieldwork_in_order",
            ),
        ]
        ordering = ["site_id", "name"]

    def __str__(self) -> str:
        return f"{self.site_id}/{self.name}"


class Participant(models.Model):
    """A code in a cohort. No name, no contact, and nothing that leads to a response."""

    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    code = models.CharField(max_length=16)
    gender = models.CharField(max_length=32, blank=True)
    took_survey = models.BooleanField(default=False)
    took_interview = models.BooleanField(default=False)
    took_focus_group = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "cohort_id", "code"], name="participant_code_once"),
            models.CheckConstraint(
                condition=models.Q(took_survey=True) | models.Q(took_interview=True) | models.Q(took_focus_group=True),
                name="participant_took_part",
            ),
        ]


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
                condition=models.Q(state="reserved", reserved_until__isnull=False)
                | models.Q(state__in=["free", "used", "withdrawn"], reserved_until__isnull=True),
                name="invitation_reserved_until_a_day",
            ),
        ]
        ordering = ["site_id", "cohort_id", "batch", "number"]


class Tally(models.Model):
    """How often something happened in a cohort on a day: people informed, started, sections reached, submissions.

    Counts are kept as they happen, so that recruitment can be followed without opening an answer.
    """

    class Event(models.TextChoices):
        OPENED = "opened"
        STARTED = "started"
        REACHED = "reached"
        SUBMITTED = "submitted"
        MINUTES = "minutes"
        WITHDRAWN = "withdrawn"

    pk = models.CompositePrimaryKey("site_id", "cohort_id", "day", "language", "event", "detail")
    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    day = models.DateField()
    language = models.CharField(max_length=16, blank=True)
    event = models.CharField(max_length=16, choices=Event)
    detail = models.CharField(max_length=32, blank=True)
    count = models.PositiveIntegerField()


class Locator(models.Model):
    """From the hash of a link or code to its site. Stands outside row-level security and holds nothing else."""

    hash = models.BinaryField(max_length=32, primary_key=True)
    site_id = models.IntegerField()
