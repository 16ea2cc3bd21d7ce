"""A study, its published versions, and its sites: the countries, which are the tenants of everything else."""

from django.db import models


class Study(models.Model):
    slug = models.SlugField(max_length=32, unique=True)
    title = models.CharField(max_length=200)
    # The public half of the recovery key: sites' private keys are sealed to it, so that none is lost with a machine.
    recovery_public = models.BinaryField(null=True)

    def __str__(self) -> str:
        return self.slug


class Version(models.Model):
    """A published workbook. The database refuses to change or delete one (see the migrations)."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=32)
    sheets = models.JSONField()
    instrument_hash = models.CharField(max_length=64)
    layout_hash = models.CharField(max_length=64)
    plan_hash = models.CharField(max_length=64)
    record_length = models.PositiveIntegerField()
    published_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="version_number_once"),
            models.UniqueConstraint(fields=["study", "instrument_hash", "plan_hash"], name="version_content_once"),
        ]
        ordering = ["study", "number"]

    def __str__(self) -> str:
        return f"{self.study} {self.label} ({self.number})"


class PlanVersion(models.Model):
    """A plan of the analysis of a version: its sheets alone. The database refuses to change or delete one.

    A new table is a new plan and needs no new questionnaire.
    """

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="plans")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="plans")
    number = models.PositiveIntegerField()
    sheets = models.JSONField()
    plan_hash = models.CharField(max_length=64)
    made_by = models.CharField(max_length=120)
    made_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="plan_number_once"),
            models.UniqueConstraint(fields=["version", "plan_hash"], name="plan_content_once"),
        ]
        ordering = ["study", "number"]

    def __str__(self) -> str:
        return f"{self.study} plan {self.number}"


class Site(models.Model):
    """A country of a study. Cohorts, responses, keys and releases belong to a site."""

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="sites")
    country = models.CharField(max_length=2)
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study", "country"], name="site_country_once")]
        ordering = ["study", "position"]

    def __str__(self) -> str:
        return f"{self.study}/{self.country}"
