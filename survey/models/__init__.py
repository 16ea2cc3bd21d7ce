"""One file per noun; import from here."""

from survey.models.cohort import Cohort, Locator, Participant
from survey.models.response import Draft, FreeText, Response
from survey.models.study import Site, Study, Version

__all__ = ["Cohort", "Draft", "FreeText", "Locator", "Participant", "Response", "Site", "Study", "Version"]
