"""The people of a site as one group: a cohort with its window, targets and states, and what is counted of it by day."""

from django.db import models
from django.db.models import F, Q


class Cohort(models.Model):
    """A group recruited in one site under one version. Frozen means that its answers change no more.

    `languages` narrows the country's, `information` and `helplines` are texts of its own by language, `exit` its own
    neutral site; each is empty where the workbook's will do. `revision` tells two people who change it at once apart.
    """

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
    daily_cap = models.PositiveIntegerField(null=True)
    fieldwork_from = models.DateField(null=True)
    fieldwork_to = models.DateField(null=True)
    modes = models.CharField(max_length=80, blank=True)
    target = models.PositiveIntegerField(default=0)
    languages = models.JSONField(default=list)
    information = models.JSONField(default=dict)
    helplines = models.JSONField(default=dict)
    exit = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=0)
    # Who asks for a frozen cohort to be opened again; somebody else has to agree.
    unfreeze_asked_by = models.CharField(max_length=64, blank=True)
    unfreeze_reason = models.CharField(max_length=200, blank=True)
    # Who answers by name for printing minima and maxima, which are single people; releases keep a copy.
    signed_off_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "name"], name="cohort_name_once"),
            models.UniqueConstraint(fields=["link_hash"], name="cohort_link_once"),
            models.CheckConstraint(
                condition=Q(fieldwork_to__isnull=True)
                | Q(fieldwork_from__isnull=False, fieldwork_to__gte=F("fieldwork_from")),
                name="cohort_fieldwork_in_order",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["preparing", "open", "paused", "closed", "frozen"]), name="cohort_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(unfreeze_asked_by="") | Q(state="frozen"), name="cohort_only_the_frozen_are_unfrozen"
            ),
        ]
        ordering = ["site_id", "name"]

    def __str__(self) -> str:
        return f"{self.site_id}/{self.name}"


class Quota(models.Model):
    """How many respondents of one kind are wanted: those who chose a choice, or gave a number within a band."""

    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    question = models.CharField(max_length=32)
    choice = models.CharField(max_length=32, blank=True)
    low = models.PositiveIntegerField(null=True)
    high = models.PositiveIntegerField(null=True)
    target = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site_id", "cohort_id", "question", "choice", "low", "high"],
                nulls_distinct=False,
                name="quota_once",
            ),
            models.CheckConstraint(
                condition=(~Q(choice="") & Q(low__isnull=True, high__isnull=True))
                | Q(choice="", low__isnull=False, high__gte=F("low")),
                name="quota_of_a_choice_or_a_band",
            ),
        ]
        ordering = ["site_id", "cohort_id", "pk"]


class CohortChange(models.Model):
    """One change of a cohort's state, with its reason. Written once, never changed."""

    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    on = models.DateField()
    by = models.CharField(max_length=64)
    before = models.CharField(max_length=16)
    after = models.CharField(max_length=16)
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["site_id", "cohort_id", "pk"]


class Cut(models.Model):
    """A moment up to which releases count; the last one is the freeze.

    A worker gives its number to the responses that it is the first to count, once; then it is marked.
    """

    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    number = models.PositiveSmallIntegerField()
    made_on = models.DateField()
    by = models.CharField(max_length=64)
    reason = models.CharField(max_length=200)
    is_last = models.BooleanField(default=False)
    is_marked = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site_id", "cohort_id", "number"], name="cut_number_once")]
        ordering = ["site_id", "cohort_id", "number"]


class Tally(models.Model):
    """How often something happened in a cohort on a day: people informed, started, sections reached, submissions.

    Counts are kept as they happen, so that recruitment can be followed without opening an answer. Those who start by
    the open link are counted once more, by themselves, while it has a daily cap.
    """

    class Event(models.TextChoices):
        OPENED = "opened"
        STARTED = "started"
        BY_LINK = "by link"
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
