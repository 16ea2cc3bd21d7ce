"""Who took part: codes without identities."""

from django.db import models
from django.db.models import Q


class Participant(models.Model):
    """A code in a cohort, with what describes somebody safely. No name, no contact, nothing that leads to a response.

    `issues` and `regions` are choices of the study's questions about them; `descriptor` is what no choice says.
    """

    site_id = models.IntegerField()
    cohort_id = models.IntegerField()
    code = models.CharField(max_length=16)
    gender = models.CharField(max_length=32, blank=True)
    took_survey = models.BooleanField(default=False)
    took_interview = models.BooleanField(default=False)
    took_focus_group = models.BooleanField(default=False)
    issues = models.JSONField(default=list)
    regions = models.JSONField(default=list)
    descriptor = models.CharField(max_length=120, blank=True)
    # “2015-08”; nothing finer than the month.
    interviewed_in = models.CharField(max_length=7, blank=True)
    revision = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "cohort_id", "code"], name="participant_code_once"),
            models.CheckConstraint(
                condition=Q(took_survey=True) | Q(took_interview=True) | Q(took_focus_group=True),
                name="participant_took_part",
            ),
            models.CheckConstraint(
                condition=Q(interviewed_in="") | Q(interviewed_in__regex=r"^[0-9]{4}-(0[1-9]|1[0-2])$"),
                name="participant_month_is_a_month",
            ),
        ]
        ordering = ["site_id", "cohort_id", "code"]
