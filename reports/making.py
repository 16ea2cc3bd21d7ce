"""A file of answers that two researchers want, made by a worker and sealed before it is stored. See `microdata`."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from accounts import audit
from accounts.models import Role
from reports.attempts import Attempt, carry_out, claim
from reports.codebook import ddi, page, words
from reports.codebook.edition import Edition, edition_of, fieldwork_of
from reports.counts import read_counted
from reports.datafiles import rows, statistics, tables
from reports.datafiles.statistics import Head
from reports.models import MicrodataFile, MicrodataRequest
from reports.render import archive
from survey import cuts, keypairs, keyring
from survey.keyring import Opener
from survey.models import Cohort, Cut, Version
from survey.protocol.fingerprints import variable_shapes
from survey.protocol.record import Variable
from survey.publishing import layout_for, protocol_of, versions_by_layout
from survey.scope import site_scope

BY_PROGRAM = "worker"
# Each of the programs' own files is in memory as a whole, several times over.
MOST_ROWS = 100_000


class NotAgreedError(Exception):
    """Two researchers of the country have not, or not any more, agreed to this file."""


class NotFrozenError(Exception):
    """The cohort was opened again, or cut anew, since the file was asked for."""


class TooManyRowsError(Exception):
    """More responses than fit into one file."""


def make(*, site_id: int, file_id: int, token: str = "") -> None:
    """Make a file that was asked for, once. Does nothing when it is gone, or while another worker is at it.

    Where the site's key is locked, it waits for an unlock; a database that goes away leaves it to the sweeper.
    """
    with site_scope(site_id):
        there = MicrodataFile.objects.filter(pk=file_id).exists()
        attempt = claim(MicrodataFile, site_id=site_id, pk=file_id) if there else None
    if attempt is not None:
        carry_out(attempt, lambda: keyring.again_under_a_new_key(site_id, lambda: _make(attempt, token)), _settle)


@dataclass(frozen=True, slots=True)
class _Made:
    """A sealed file, and what it was asked for with."""

    request: MicrodataRequest
    content: bytes


def _settle(made: _Made) -> Mapping[str, object]:
    """What the row will hold. The trail has it in the transaction that stores it."""
    request = made.request
    cohort = f"{request.site_id}/{request.cohort_id}"
    audit.record(by=BY_PROGRAM, action="microdata-made", cohort=cohort, cut=request.cut, request=request.pk)
    return {"content": made.content}


def _make(attempt: Attempt, token: str) -> _Made:
    with site_scope(attempt.site_id):
        file = MicrodataFile.objects.get(pk=attempt.pk)
        request = MicrodataRequest.objects.get(pk=file.request_id)
        _refuse_unless_two(request)
        cohort = Cohort.objects.get(pk=request.cohort_id)
        cut = _cut_of(cohort, request)
    cuts.mark(site_id=cohort.site_id, cohort_id=cohort.pk, number=cut.number)
    with site_scope(attempt.site_id):
        version = Version.objects.defer("sheets").select_related("study").get(pk=cohort.version_id)
        edition = edition_of(version, fieldwork_of(cohort, cut.made_on))
        opener = keyring.opener(site_id=cohort.site_id, token=token)
        found = _values(cohort, version, edition, cut.number, opener)
    packed = pack(edition, found, kinds=request.kinds.split(), language=request.language, cut_on=cut.made_on)
    return _Made(request, keypairs.seal_to(bytes(file.public), packed, file.binding()))


def _values(cohort: Cohort, version: Version, edition: Edition, cut: int, opener: Opener) -> rows.Values:
    """The answers that a cut counts, those to other versions of the questionnaire too. Needs the site's scope.

    Raises LockedError, SealError and TooManyRowsError.
    """
    parts = []
    for ids in versions_by_layout(version.study_id):
        matrix = read_counted(
            site_id=cohort.site_id,
            cohort_id=cohort.pk,
            version_ids=ids,
            layout=layout_for(ids[0]),
            cut=cut,
            opener=opener,
        )
        parts.append(rows.coded(matrix, _same_variables(edition, ids[0])))
        if sum(map(len, parts)) > MOST_ROWS:
            raise TooManyRowsError
    return rows.in_order(np.concatenate(parts))


def _same_variables(edition: Edition, version_id: int) -> list[Variable | None]:
    """For every column the variable of another version whose answers mean the same; None where none does."""
    own, others = variable_shapes(edition.protocol), variable_shapes(protocol_of(version_id))
    by_name = {variable.name: variable for variable in layout_for(version_id).variables}
    return [
        by_name.get(column.variable.name) if others.get(column.question.name) == own[column.question.name] else None
        for column in edition.columns
    ]


def _refuse_unless_two(request: MicrodataRequest) -> None:
    """Both who agreed are researchers of the country now, whatever the row says. Needs the site's scope."""
    names = {request.asked_by, request.answered_by}
    here = Role.objects.filter(name=Role.Name.RESEARCHER, site_id=request.site_id, user__is_active=True)
    found = here.filter(user__username__in=names).values("user_id").distinct().count()
    if request.state != MicrodataRequest.State.AGREED or len(names) < 2 or found < 2:
        raise NotAgreedError


def _cut_of(cohort: Cohort, request: MicrodataRequest) -> Cut:
    """Needs the site's scope."""
    newest = Cut.objects.filter(cohort_id=cohort.pk).order_by("-number").first()
    if cohort.state != Cohort.State.FROZEN or newest is None or newest.number != request.cut:
        raise NotFrozenError
    return newest


def pack(edition: Edition, values: rows.Values, *, kinds: Sequence[str], language: str, cut_on: datetime.date) -> bytes:
    """The files that were asked for with their codebook, as one archive. The same answers make the same bytes."""
    with words.spoken_in(language):
        members = dict(_members(edition, values, kinds, language, cut_on))
    members["codebook.html"] = page.standalone(edition, language)
    members["codebook.xml"] = ddi.render(edition)
    return archive.packed(members)


def _members(
    edition: Edition, values: rows.Values, kinds: Sequence[str], language: str, cut_on: datetime.date
) -> Iterator[tuple[str, bytes]]:
    stem, columns, country, said = stem_of(edition, language), edition.columns, edition.country, words.words()
    if "csv" in kinds:
        yield f"{stem}.csv", tables.codes(values, columns)
        yield f"{stem}-labels.csv", tables.labels(values, columns, language=language, country=country, words=said)
    head = Head(_title(edition), tuple(_notes(edition, language)), cut_on)
    for kind in (statistics.SAV, statistics.DTA):
        if kind in kinds:
            yield (
                f"{stem}.{kind}",
                statistics.write(kind, values, columns, head=head, language=language, country=country, words=said),
            )


def stem_of(edition: Edition, language: str) -> str:
    """What files are called: study, version, country, language, and SYNTHETIC where they are."""
    mark = "SYNTHETIC-" if edition.is_synthetic else ""
    return f"{mark}{edition.study}-{edition.version}-{edition.country}-{language}"


def _title(edition: Edition) -> str:
    mark = "SYNTHETIC: " if edition.is_synthetic else ""
    return f"{mark}{edition.title} {edition.version}, {edition.country}"


def _notes(edition: Edition, language: str) -> list[str]:
    hashes = [f"SHA-256 {name}: {value}" for name, value in edition.hashes.items()]
    known = [
        f"{edition.study} {edition.version} ({edition.number}), {edition.country}, {language}",
        f"Software {edition.software}",
    ]
    translations = edition.protocol.settings.translations
    return [*known, *hashes, *([translations] if translations else []), *words.about(edition)]
