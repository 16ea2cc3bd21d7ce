"""One file per noun; import from here."""

from survey.models.cohort import Cohort, CohortChange, Cut, Locator, Quota, Tally
from survey.models.invitation import Batch, Invitation
from survey.models.keys import DataKey, KeyHolder, SiteKey, Unlock
from survey.models.paper import Difference, PaperBatch, PaperEntry, PaperSheet
from survey.models.participant import Participant
from survey.models.quality import Flag, Tombstone, Upload
from survey.models.response import Draft, FreeText, Response
from survey.models.study import PlanVersion, Site, Study, Version

__all__ = [
    "Batch",
    "Cohort",
    "CohortChange",
    "Cut",
    "DataKey",
    "Difference",
    "Draft",
    "Flag",
    "FreeText",
    "Invitation",
    "KeyHolder",
    "Locator",
    "PaperBatch",
    "PaperEntry",
    "PaperSheet",
    "Participant",
    "PlanVersion",
    "Quota",
    "Response",
    "Site",
    "SiteKey",
    "Study",
    "Tally",
    "Tombstone",
    "Unlock",
    "Upload",
    "Version",
]
