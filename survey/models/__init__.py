"""One file per noun; import from here."""

from survey.models.cohort import Cohort, CohortChange, Cut, Locator, Quota, Tally
from survey.models.invitation import Batch, Invitation
from survey.models.paper import Difference, PaperBatch, PaperEntry, PaperSheet
from survey.models.participant import Participant
from survey.models.quality import Flag, Tombstone, Upload
from survey.models.response import Draft, FreeText, Response
from survey.models.study import Site, Study, Version

__all__ = [
    "Batch",
    "Cohort",
    "CohortChange",
    "Cut",
    "Difference",
    "Draft",
    "Flag",
    "FreeText",
    "Invitation",
    "Locator",
    "PaperBatch",
    "PaperEntry",
    "PaperSheet",
    "Participant",
    "Quota",
    "Response",
    "Site",
    "Study",
    "Tally",
    "Tombstone",
    "Upload",
    "Version",
]
