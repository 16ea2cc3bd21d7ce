"""What a codebook is about: a version of a study, in general or as one cohort's file has it."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings

from survey.links import country_of
from survey.models import Cohort, Version
from survey.protocol.codebook import Part, parts
from survey.protocol.columns import Column, columns, left_out
from survey.protocol.record import RecordLayout
from survey.protocol.schema import Protocol, Question
from survey.publishing import layout_for, protocol_of


@dataclass(frozen=True, slots=True)
class Fieldwork:
    """Where, when and how the answers of one file were collected."""

    country: str
    synthetic: bool
    first_day: datetime.date | None
    last_day: datetime.date | None
    modes: tuple[str, ...]
    # The day of the cut, which is also the day that the headers of the files carry.
    cut_on: datetime.date


@dataclass(frozen=True)
class Edition:
    """A version as a codebook needs it. With `fieldwork` it is one country's, in that country's wording."""

    protocol: Protocol
    layout: RecordLayout
    study: str
    title: str
    version: str
    number: int
    published_on: datetime.date
    hashes: Mapping[str, str]
    software: str
    fieldwork: Fieldwork | None = None

    @property
    def country(self) -> str:
        """Whose wording counts; '' for the master text."""
        return self.fieldwork.country if self.fieldwork is not None else ""

    @property
    def is_synthetic(self) -> bool:
        return self.fieldwork is not None and self.fieldwork.synthetic

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return columns(self.layout)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        return parts(self.protocol, self.columns)

    @cached_property
    def left_out(self) -> tuple[Question, ...]:
        return left_out(self.layout)


def edition_of(version: Version, fieldwork: Fieldwork | None = None) -> Edition:
    """`version` comes with its study."""
    return Edition(
        protocol=protocol_of(version.pk),
        layout=layout_for(version.pk),
        study=version.study.slug,
        title=version.study.title,
        version=version.label,
        number=version.number,
        published_on=version.published_on,
        hashes={"instrument": version.instrument_hash, "layout": version.layout_hash},
        software=settings.SOFTWARE_VERSION,
        fieldwork=fieldwork,
    )


def fieldwork_of(cohort: Cohort, cut_on: datetime.date) -> Fieldwork:
    return Fieldwork(
        country=country_of(cohort.site_id),
        synthetic=cohort.synthetic,
        first_day=cohort.fieldwork_from,
        last_day=cohort.fieldwork_to,
        modes=tuple(part.strip() for part in cohort.modes.split(",") if part.strip()),
        cut_on=cut_on,
    )
