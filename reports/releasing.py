"""One country's release: counted and stored once, by whichever worker gets to it (see `attempts`)."""

from django.db import models

from reports import succession
from reports.assembling import assemble_waiting, plan_of, waiting_for
from reports.attempts import Attempt, carry_out, claim, database_is_lost
from reports.cells import SiteCounts, publishable
from reports.counts import count_cohort, count_participants
from reports.disclosure import Policy
from reports.models import JobState, Release
from reports.table import cells_from_json, cells_to_json
from survey import cuts
from survey.models import Version
from survey.publishing import layout_for, versions_counting_together
from survey.scope import site_scope


def make_release(*, site_id: int, release_id: int) -> None:
    """Count one cohort and store its publishable cells, once; then assemble what was waiting for it.

    Does nothing while another worker is at it. A database that goes away leaves the release to the sweeper; any other
    error fails it, with the error's kind as the reason.
    """
    with site_scope(site_id):
        attempt = claim(Release, site_id=site_id, pk=release_id)
        if attempt is not None:
            waiting_for(release_id).update(state=JobState.RUNNING, reason="")
    if attempt is not None:
        _try(attempt)
    assemble_waiting(release_id=release_id)


def _try(attempt: Attempt) -> None:
    try:
        carry_out(attempt, lambda: _marked_and_counted(attempt))
    except Exception as error:
        if not database_is_lost(error):
            assemble_waiting(release_id=attempt.pk)
        raise


def _marked_and_counted(attempt: Attempt) -> dict[str, object]:
    _mark(attempt)
    return _count(attempt)


def _mark(attempt: Attempt) -> None:
    """Settle which responses the cut counts, before anything is counted; short, since submissions wait for it."""
    with site_scope(attempt.site_id):
        cohort_id, number = Release.objects.values_list("cohort_id", "cut").get(pk=attempt.pk)
    cuts.mark(site_id=attempt.site_id, cohort_id=cohort_id, number=number)


def _count(attempt: Attempt) -> dict[str, object]:
    """What the release will hold. Takes no lock: a worker that hangs in here holds up nobody."""
    with site_scope(attempt.site_id):
        release = Release.objects.get(pk=attempt.pk)
        version = Version.objects.defer("sheets").get(pk=release.version_id)
        plan, layout = plan_of(version), layout_for(version.pk)
        counts = count_cohort(
            site_id=attempt.site_id,
            cohort_id=release.cohort_id,
            version_ids=versions_counting_together(version),
            layout=layout,
            plan=plan,
            cut=release.cut,
        )
        earlier = list(_earlier(release))
        registry = count_participants(site_id=attempt.site_id, cohort_id=release.cohort_id)
    cells = publishable(
        plan=plan,
        layout=layout,
        counts=SiteCounts(counts.fields, registry),
        policy=Policy(release.threshold),
        signed_off=bool(release.signed_off_by),
    )
    printed = [{name: cells_from_json(own) for name, own in (one.cells or {}).items()} for one in earlier]
    following = succession.follow(printed, cells, plan, Policy(release.threshold))
    if following is None:
        last = earlier[-1]
        return {name: getattr(last, name) for name in ("cells", "respondents", "participants", "stands")}
    return {
        "cells": {name: cells_to_json(own) for name, own in following.items()},
        "respondents": counts.responses,
        "participants": sum(registry.values()),
        "stands": release.cut,
    }


def _earlier(release: Release) -> models.QuerySet[Release]:
    """What was released of the cohort before this cut, the oldest first. Needs the site's scope."""
    own = Release.objects.filter(site_id=release.site_id, cohort_id=release.cohort_id, state=JobState.DONE)
    return own.filter(cut__lt=release.cut).order_by("cut", "pk")
