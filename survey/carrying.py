"""The way of responses from a field laptop to the server: packed into a bundle there, each taken once here."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from survey import bundles, keypairs, keyring, sealers, sealing, tallies
from survey.bundles import Bundle, BundleError, Carried, Origin, Packed, SealedKey, Stored
from survey.imports import BATCH
from survey.keyfiles import KeyFileError
from survey.keypairs import PrivateKey
from survey.keyring import Opener
from survey.links import country_of
from survey.models import Cohort, DataKey, FreeText, Response, SiteKey, Tombstone, Version
from survey.publishing import layout_for, protocol_of
from survey.responses import sealed_rows, store_rows
from survey.scope import site_scope
from survey.tallies import Event


def origin_of(cohort: Cohort) -> Origin:
    """The cohort as a bundle names it."""
    version = Version.objects.select_related("study").defer("sheets").get(pk=cohort.version_id)
    country = country_of(cohort.site_id)
    return Origin(version.study.slug, country, cohort.name, version.instrument_hash, version.layout_hash)


def pack(cohort: Cohort) -> bytes:
    """The file of a bundle of every response of a cohort. Needs the worker's role."""
    with site_scope(cohort.site_id):
        current = keyring.current_key(cohort.site_id)
    return bundles.seal(gather(cohort), bytes(current.public) if current is not None else None)


def gather(cohort: Cohort) -> Packed:
    """Every response of a cohort as it is stored, with the tombstones of its country.

    Needs the worker's role and no private key: what is sealed stays so.
    """
    with site_scope(cohort.site_id):
        own = Response.objects.filter(cohort_id=cohort.pk)
        texts = {one.response_id: one for one in FreeText.objects.filter(response_id__in=own.values("pk"))}
        responses = tuple(_stored(row, texts.get(row.pk)) for row in own)
        publics = {key.number: bytes(key.public) for key in SiteKey.objects.filter(site_id=cohort.site_id)}
        keys = tuple(
            SealedKey(row.pk, keypairs.fingerprint(publics[row.site_key]), bytes(row.sealed))
            for row in DataKey.objects.filter(site_id=cohort.site_id).order_by("pk")
        )
        gone = frozenset(bytes(one) for one in Tombstone.objects.values_list("hash", flat=True))
    return Packed(origin_of(cohort), cohort.site_id, cohort.pk, keys, responses, gone)


def _stored(row: Response, texts: FreeText | None) -> Stored:
    found = Stored(row.pk, row.week, row.language, row.version_id, row.key_id, bytes(row.record))
    return found if texts is None else replace(found, texts_key_id=texts.key_id, texts=bytes(texts.texts))


def unpack(content: bytes, opener: Opener) -> Bundle:
    """The bundle in a file, opened with the site's key, or with an older one as long as its file is there.

    Needs the site's scope and the worker's role. Raises BundleError.
    """
    return bundles.unseal(content, lambda fingerprint: _private_key(fingerprint, opener))


def _private_key(fingerprint: str, opener: Opener) -> PrivateKey:
    for key in SiteKey.objects.filter(site_id=opener.site_id):
        if keypairs.fingerprint(bytes(key.public)) == fingerprint:
            try:
                return opener.private_key(key)
            except KeyFileError:
                raise BundleError("bundle-key-gone") from None
    raise BundleError("bundle-other-key")


def version_for(origin: Origin, cohort: Cohort) -> int:
    """The version that a bundle's responses answered. Raises BundleError when they do not belong into the cohort."""
    own = origin_of(cohort)
    for name in ("study", "country", "layout", "cohort"):
        if getattr(origin, name) != getattr(own, name):
            raise BundleError(f"other-{name}")
    study = Version.objects.values_list("study_id", flat=True).get(pk=cohort.version_id)
    same = Version.objects.filter(study_id=study, instrument_hash=origin.instrument, layout_hash=origin.layout)
    found = cohort.version_id if origin.instrument == own.instrument else same.values_list("pk", flat=True).first()
    if found is None:
        raise BundleError("other-wording")
    return int(found)


def faults(
    bundle: Bundle, version_id: int, heard: Callable[[int], None] = lambda done: None
) -> Iterator[tuple[int, str]]:
    """(place in the bundle, code) of every response that is none; places count from 1, and are `heard` one by one."""
    protocol, layout = protocol_of(version_id), layout_for(version_id)
    seen: set[uuid.UUID] = set()
    for number, one in enumerate(bundle.responses, start=1):
        heard(number)
        if fault := "twice" if one.id in seen else bundles.fault_of(one, protocol, layout):
            yield number, fault
        seen.add(one.id)


@dataclass(frozen=True, slots=True)
class SortedOut:
    """A bundle's responses by what becomes of them. `gone` are stored here and were taken back on the laptop."""

    new: tuple[Carried, ...]
    known: int
    withdrawn: int
    gone: tuple[uuid.UUID, ...]

    def counted(self) -> dict[str, Any]:
        weeks, languages = Counter(one.week for one in self.new), Counter(one.language for one in self.new)
        return {
            "lines": len(self.new),
            "languages": dict(languages),
            "weeks": dict(sorted(weeks.items())),
            "known": self.known,
            "withdrawn": self.withdrawn,
            "gone": len(self.gone),
        }


def sort_out(bundle: Bundle, cohort: Cohort) -> SortedOut:
    """What is new, there already, or taken back: here, or on the laptop. Needs the site's scope."""
    # Whoever takes answers back at this moment leaves a tombstone: look for the answers first, for tombstones after.
    stored = set(Response.objects.filter(pk__in=[one.id for one in bundle.responses]).values_list("pk", flat=True))
    buried = {bytes(one) for one in Tombstone.objects.values_list("hash", flat=True)} | bundle.tombstones
    alive = [one for one in bundle.responses if sealing.tombstone(one.id) not in buried]
    here = {one.id for one in alive} & stored
    own = Response.objects.filter(cohort_id=cohort.pk).values_list("pk", flat=True) if bundle.tombstones else []
    return SortedOut(
        new=tuple(one for one in alive if one.id not in here),
        known=len(here),
        withdrawn=len(bundle.responses) - len(alive),
        gone=tuple(number for number in own if sealing.tombstone(number) in bundle.tombstones),
    )


def take(bundle: Bundle, cohort: Cohort) -> SortedOut:
    """Store what is new and bury what was taken back. Needs the site's scope. Raises BundleError."""
    version_id = version_for(bundle.origin, cohort)
    if next(faults(bundle, version_id), None):
        raise BundleError("bundle-unreadable")
    sorted_out = sort_out(bundle, cohort)
    coming = iter(sorted_out.new)
    while batch := list(islice(coming, BATCH)):
        _store(batch, cohort, version_id)
    FreeText.objects.filter(response_id__in=sorted_out.gone).delete()
    Response.objects.filter(pk__in=sorted_out.gone).delete()
    buried = [Tombstone(hash=one, site_id=cohort.site_id) for one in bundle.tombstones]
    Tombstone.objects.bulk_create(buried, ignore_conflicts=True, batch_size=BATCH)
    if sorted_out.gone:
        times = len(sorted_out.gone)
        tallies.note(Event.WITHDRAWN, site_id=cohort.site_id, cohort_id=cohort.pk, language="", times=times)
    return sorted_out


def _store(batch: list[Carried], cohort: Cohort, version_id: int) -> None:
    sealer = sealers.sealer(site_id=cohort.site_id, version_id=version_id)
    rows = (
        sealed_rows(
            sealer=sealer,
            cohort=cohort,
            version_id=version_id,
            response_id=one.id,
            week=one.week,
            language=one.language,
            record=one.record,
            texts=one.texts,
        )
        for one in batch
    )
    store_rows(rows, unless_known=True)
