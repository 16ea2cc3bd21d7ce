"""One file per noun; import from here."""

from survey.models.cohort import Batch, Cohort, Invitation, Locator, Participant, Tally
from survey.models.response import Draft, FreeText, Response
from survey.models.study import Site, Study, Version

__all__ = [
    "Batch",
    "Cohort",
    "Draft",
    "FreeText",
    "Invitation",
    "Locator",
    "Participant",
    "Response",
    "Site",
    "Study",
    "Tally",
    "Version",
]
