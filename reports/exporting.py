"""What a release needs, written into a file for a laptop that has the private key: sealed answers, and no free text."""

import base64
import hmac
from collections.abc import Iterator
from itertools import chain
from typing import IO, Any

from django.conf import settings

from accounts import audit
from reports import offline
from reports.cancelling import UNFINISHED
from reports.counts import count_participants, keys_of, stored_records
from reports.cutting import plan_for
from reports.models import JobState, Release
from reports.releasing import earlier
from reports.runs import release_of
from survey import cuts, keyring
from survey.links import country_of
from survey.models import Cohort, Cut, DataKey, PlanVersion, SiteKey, Version
from survey.publishing import plan_workbook, versions_counting_together
from survey.scope import site_scope


class ExportError(Exception):
    """Why there is nothing to export; the message says what to do."""


def newest_release(cohort: Cohort) -> Release:
    """The release of a cohort's newest cut that is to be made now. Raises ExportError.

    A comparison that waits for one comes before the plan of now: without it, nobody would make what it waits for.
    """
    found = cuts.of_cohort(cohort=cohort)
    if not found:
        raise ExportError(f"“{cohort.name}” has no cut yet. Make one, or freeze the cohort.")
    with site_scope(cohort.site_id):
        release = _waited_for(cohort, found[0]) or release_of(cohort, found[0], plan=plan_for(cohort))
    if release.state == JobState.DONE:
        raise ExportError(f"Cut {release.cut} of “{cohort.name}” is released already.")
    return release


def _waited_for(cohort: Cohort, cut: Cut) -> Release | None:
    """The newest release of a cut that a comparison waits for and a file can hold the answers of. In the site's scope.

    One under a newer plan mostly holds what older comparisons wait for as well.
    """
    version = Version.objects.defer("sheets").get(pk=cohort.version_id)
    own = Release.objects.filter(site_id=cohort.site_id, cohort_id=cohort.pk, cut=cut.number).exclude(
        state=JobState.DONE
    )
    readable = own.filter(version_id__in=versions_counting_together(version))
    return readable.filter(comparisons__state__in=UNFINISHED).order_by("-pk").first()


def write(*, release: Release, to: IO[bytes], by: str) -> int:
    """Everything that one release is made of; returns the number of responses. Needs the worker's role."""
    cuts.mark(site_id=release.site_id, cohort_id=release.cohort_id, number=release.cut)
    version = Version.objects.defer("sheets").get(pk=release.version_id)
    with site_scope(release.site_id):
        rows = stored_records(
            site_id=release.site_id,
            cohort_id=release.cohort_id,
            version_ids=versions_counting_together(version),
            cut=release.cut,
        )
        records = (offline.record_line(*row) for row in rows)
        keys = list(_data_keys(release))
        written = offline.write(to, _head(release), chain(keys, records), key=export_key())
        responses = written - len(keys)
        audit.record(by=by, action="sealed-exported", release=release.pk, responses=responses)
    return responses


def identity(release: Release) -> dict[str, Any]:
    """Which release this is, in both files. Needs the site's scope."""
    version = Version.objects.select_related("study").defer("sheets").get(pk=release.version_id)
    return {
        "id": release.pk,
        "study": version.study.slug,
        "country": country_of(release.site_id),
        "site": release.site_id,
        "cohort": release.cohort_id,
        "name": Cohort.objects.values_list("name", flat=True).get(pk=release.cohort_id),
        "cut": release.cut,
        "version": release.version_id,
        "plan_number": release.plan_id,
        **{name: getattr(version, f"{name}_hash") for name in offline.HASHES},
        "plan": PlanVersion.objects.values_list("plan_hash", flat=True).get(pk=release.plan_id),
        "threshold": release.threshold,
        "signed_off_by": release.signed_off_by,
    }


def told_earlier(release: Release) -> list[dict[str, Any]]:
    """What was released of the cohort so far, as both files speak of it. Needs the site's scope."""
    names = ("cut", *offline.KEPT, "cells")
    return [
        {"id": one.pk, "plan": one.plan_id, **{name: getattr(one, name) for name in names}} for one in earlier(release)
    ]


def export_key() -> bytes:
    """By which this installation knows its own exports again."""
    return hmac.digest(settings.SECRET_KEY.encode(), b"sealed-exports", "sha256")


def _head(release: Release) -> dict[str, Any]:
    before = told_earlier(release)
    plans = sorted({release.plan_id, *(one["plan"] for one in before)})
    cohort = Cohort.objects.get(pk=release.cohort_id)
    return {
        "format": offline.FORMAT,
        "software": settings.SOFTWARE_VERSION,
        "release": identity(release),
        "cohort": {"synthetic": cohort.synthetic, "modes": cohort.modes},
        "participants": count_participants(site_id=release.site_id, cohort_id=release.cohort_id),
        "key": _key(keyring.current_key(release.site_id)),
        "workbooks": {str(number): plan_workbook(number).to_json() for number in plans},
        "earlier": before,
    }


def _key(current: SiteKey | None) -> dict[str, Any] | None:
    if current is None:
        return None
    recovery = base64.b64encode(bytes(current.recovery)).decode() if current.recovery else ""
    return {"number": current.number, "public": base64.b64encode(bytes(current.public)).decode(), "recovery": recovery}


def _data_keys(release: Release) -> Iterator[list[Any]]:
    """Those under which answers of the cohort lie, and only those."""
    used = keys_of(site_id=release.site_id, cohort_id=release.cohort_id)
    for number, sealed in DataKey.objects.filter(pk__in=used).order_by("pk").values_list("pk", "sealed"):
        yield offline.key_line(number, bytes(sealed))
