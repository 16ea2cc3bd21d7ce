"""What is kept of a report: releases, one per frozen cohort and plan, and the comparisons assembled from them."""

from django.db import models
from django.db.models.functions import Now


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    # Waits for somebody who holds the site's key to unlock it.
    LOCKED = "locked"
    DONE = "done"
    FAILED = "failed"
    # Somebody called it off, and nobody else waits for it. A release can be taken up again; a comparison cannot.
    CANCELLED = "canceled"


class Job(models.Model):
    """Work that workers are asked for (see `attempts`): its state, and how it goes."""

    state = models.CharField(max_length=8, choices=JobState, default=JobState.QUEUED)
    reason = models.CharField(max_length=200, blank=True)
    # When the workers were last asked for it, how often one has begun, and when that one last gave a sign of life.
    asked_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    beat_at = models.DateTimeField(null=True)
    # When the latest attempt began: how long it takes is told to those who wait.
    begun_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Release(Job):
    """What may be known of one site at one cut: every publishable cell of a plan. Done is for ever.

    Running without a sign of life: its shards are counted.
    """

    study_id = models.IntegerField()
    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    version_id = models.IntegerField()
    plan_id = models.IntegerField()
    cut = models.PositiveSmallIntegerField(default=1)
    # The researcher who made the cut waits for it: no comparison calls it off.
    asked_by_cut = models.BooleanField(default=False)
    threshold = models.PositiveSmallIntegerField()
    signed_off_by = models.CharField(max_length=120, blank=True)
    respondents = models.PositiveIntegerField(null=True)
    participants = models.PositiveIntegerField(null=True)
    # The cut whose figures these are: an earlier one where the difference would tell about too few people.
    stands = models.PositiveSmallIntegerField(null=True)
    cells = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "cohort_id", "cut", "plan_id"], name="release_once"),
            models.CheckConstraint(
                condition=~models.Q(state="done")
                | models.Q(
                    cells__isnull=False, respondents__isnull=False, participants__isnull=False, stands__isnull=False
                ),
                name="release_done_is_whole",
            ),
            models.CheckConstraint(condition=models.Q(threshold__gte=3), name="release_threshold_floor"),
        ]


class ReleaseShard(Job):
    """Some responses of a large cohort: those whose numbers lie in a range. Counted for a release, then forgotten.

    What was counted is not under disclosure control yet: it lies sealed as records do, and for workers only.
    """

    site_id = models.IntegerField()
    release_id = models.BigIntegerField()
    number = models.PositiveSmallIntegerField()
    low = models.UUIDField()
    high = models.UUIDField()
    key_id = models.UUIDField(null=True)
    content = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "release_id", "number"], name="release_shard_once"),
            models.CheckConstraint(
                condition=~models.Q(state="done") | models.Q(content__isnull=False), name="release_shard_done_is_whole"
            ),
        ]


class FieldworkCount(Job):
    """What the answers of one cohort say about fieldwork before the cut: bands and rounded bases, never a count."""

    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    # It is looked at again and again.
    attempts = models.PositiveIntegerField(default=0)
    # How many there were when it was last asked for: it is given up by those since.
    attempts_before = models.PositiveIntegerField(default=0)
    made_on = models.DateField(null=True)
    content = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site_id", "cohort_id"], name="fieldwork_count_once")]


class Comparison(models.Model):
    """One run: which releases, in which state, and, once done, the result that every page and file reads."""

    study_id = models.IntegerField()
    version_id = models.IntegerField()
    plan_id = models.IntegerField()
    tables = models.JSONField()
    releases = models.ManyToManyField(Release, related_name="comparisons")
    state = models.CharField(max_length=8, choices=JobState, default=JobState.QUEUED)
    reason = models.CharField(max_length=200, blank=True)
    requested_by = models.CharField(max_length=120)
    requested_at = models.DateTimeField(auto_now_add=True)
    cancelled_by = models.CharField(max_length=120, blank=True, default="")
    cancelled_at = models.DateTimeField(null=True)
    result = models.JSONField(null=True)
    result_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="done") | models.Q(result__isnull=False) & ~models.Q(result_hash=""),
                name="comparison_done_is_whole",
            )
        ]


class MicrodataRequest(models.Model):
    """One researcher's wish for a file of a frozen cohort's answers. Another researcher of the country has to agree."""

    class State(models.TextChoices):
        ASKED = "asked"
        AGREED = "agreed"
        REFUSED = "refused"
        EXPIRED = "expired"

    class Purpose(models.TextChoices):
        ANALYSIS = "analysis"
        CHECKING = "checking"
        ARCHIVE = "archive"

    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    cut = models.PositiveSmallIntegerField()
    # Kinds of files, apart by blanks.
    kinds = models.CharField(max_length=32)
    language = models.CharField(max_length=16)
    purpose = models.CharField(max_length=16, choices=Purpose)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    asked_by = models.CharField(max_length=64)
    asked_on = models.DateField()
    answered_by = models.CharField(max_length=64, blank=True)
    answered_on = models.DateField(null=True)
    # The last day: to be agreed to, and once it is, to be fetched.
    expires_on = models.DateField()
    fetched_on = models.DateField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["asked", "agreed", "refused", "expired"]), name="microdata_state_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(purpose__in=["analysis", "checking", "archive"]), name="microdata_purpose_is_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(state="agreed")
                | (~models.Q(answered_by="") & ~models.Q(answered_by=models.F("asked_by"))),
                name="microdata_takes_two",
            ),
            models.UniqueConstraint(
                fields=["site_id", "cohort_id", "asked_by"],
                condition=models.Q(state="asked"),
                name="microdata_asked_once",
            ),
        ]


class MicrodataFile(Job):
    """One making of an agreed file: sealed to a key that only the session of whoever asked for it holds.

    The table is in no write-ahead log and empty after a crash; a file lives for hours.
    """

    site_id = models.IntegerField()
    request_id = models.IntegerField()
    public = models.BinaryField()
    content = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "request_id"], name="microdata_file_once"),
            models.CheckConstraint(
                condition=~models.Q(state="done") | models.Q(content__isnull=False), name="microdata_done_is_whole"
            ),
        ]

    def binding(self) -> bytes:
        """What the sealed content is bound to: it opens as this file and as no other."""
        return b"microdata|%d|%d|%d" % (self.site_id, self.request_id, self.pk)
