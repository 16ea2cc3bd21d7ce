"""One country's release: counted and stored once, by whichever worker gets to it (see `attempts`).

A large cohort is counted in shards (see `shards`): then the release is made of what they counted.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import models

from accounts import audit
from reports import offline, shards, succession
from reports.assembling import assemble_waiting, waiting_for
from reports.attempts import Attempt, carry_out, claim, database_is_lost
from reports.cells import SiteCounts, publishable
from reports.counts import count_cohort, count_participants, versions_answered
from reports.disclosure import Policy
from reports.models import JobState, Release
from reports.plan import Indicator, Plan, Stat
from reports.plans import plan_numbered
from reports.succession import Present, Released
from reports.table import Cells, cells_from_json, cells_to_json
from reports.tallying import Counts
from reports.versions import Group, groups, not_asked
from survey import cuts, keyring
from survey.keyring import Opener
from survey.locks import Lock, alone
from survey.models import Cohort
from survey.protocol.schema import DEFAULT_THRESHOLD
from survey.publishing import layout_for, protocol_of
from survey.scope import site_scope


def make_release(*, site_id: int, release_id: int, token: str = "") -> list[tuple[int, int]]:
    """Count one cohort and store its publishable cells, once; then assemble what was waiting for it.

    Returns (site id, shard id) of what the workers have to count first where the cohort is a large one.

    Does nothing while another worker is at it. Where researchers hold the key and `token` opens none, the release waits
    for an unlock. A database that goes away leaves the release to the sweeper; any other
    error fails it, with the error's kind as the reason.
    """
    with site_scope(site_id):
        attempt = _claimed(site_id, release_id)
        if attempt is not None and attempt.number > 1:
            shards.begin_anew(release_id)
    return _made(attempt, site_id, release_id, token)


def go_on(*, site_id: int, release_id: int, token: str = "") -> list[tuple[int, int]]:
    """Let a release follow its shards: made of them when the last one is done. Returns what `make_release` does."""
    with site_scope(site_id):
        # Both in one transaction: nobody calls the release off in between, and has it made of shards from before.
        all_done = shards.follow(site_id=site_id, release_id=release_id)
        attempt = _claimed(site_id, release_id) if all_done else None
    return _made(attempt, site_id, release_id, token)


def _claimed(site_id: int, release_id: int) -> Attempt | None:
    attempt = claim(Release, site_id=site_id, pk=release_id)
    if attempt is not None:
        waiting_for(release_id).update(state=JobState.RUNNING, reason="")
    return attempt


def _made(attempt: Attempt | None, site_id: int, release_id: int, token: str) -> list[tuple[int, int]]:
    if attempt is not None and _try(attempt, token).get("state") == JobState.RUNNING:
        with site_scope(site_id):
            return shards.queued(site_id=site_id, release_id=release_id)
    assemble_waiting(release_id=release_id)
    return []


def _try(attempt: Attempt, token: str) -> Mapping[str, object]:
    try:
        return carry_out(
            attempt, lambda: keyring.again_under_a_new_key(attempt.site_id, lambda: _count(attempt, token)), _settle
        )
    except Exception as error:
        if not database_is_lost(error):
            assemble_waiting(release_id=attempt.pk)
        raise


@dataclass(frozen=True, slots=True)
class _Counted:
    """What was counted for a release, and the releases of the cohort that were known then."""

    release: Release
    plan: Plan
    cells: Mapping[str, Cells]
    present: Present
    respondents: int
    participants: int
    known: tuple[int, ...]


def _count(attempt: Attempt, token: str) -> _Counted | shards.Unfinished:
    """Everything publishable. Holds no lock while it counts: a worker that hangs in here holds up nobody."""
    with site_scope(attempt.site_id):
        release = shards.find_release(attempt.pk)
        opener = keyring.opener(site_id=attempt.site_id, token=token)
    # Which responses the cut counts is settled before anything is counted.
    cuts.mark(site_id=attempt.site_id, cohort_id=release.cohort_id, number=release.cut)
    plan = plan_numbered(release.plan_id)
    with site_scope(attempt.site_id):
        others = list(earlier(release))
        whole = succession.together(plan, (plan_numbered(one.plan_id) for one in others))
        among = _groups(release, whole)
        if shards.are_wanted(release):
            parts = shards.add_up(release, among, opener)
        else:
            parts = _count_groups(release, among, opener)
        if isinstance(parts, shards.Unfinished):
            return parts
        counts, part = sum((own for _, own in parts), Counts()), among[0].plan
        registry = count_participants(site_id=attempt.site_id, cohort_id=release.cohort_id)
    cells = publishable(
        plan=part,
        layout=layout_for(release.version_id),
        counts=SiteCounts(counts.fields, registry),
        policy=Policy(release.threshold),
        signed_off=bool(release.signed_off_by),
    )
    own = {one.id: cells[one.id] if one.id in cells else _not_asked(release, plan, one) for one in plan.indicators}
    known = tuple(one.pk for one in others)
    present = Present(part, cells, layout_for(release.version_id), counts.responses)
    return _Counted(release, plan, own, present, counts.responses, sum(registry.values()), known)


def _groups(release: Release, plan: Plan) -> list[Group]:
    """The versions that the cohort answers, with what of a plan all of its people were asked. In the site's scope."""
    own = Cohort.objects.get(pk=release.cohort_id).version_id
    answered = {own, *versions_answered(site_id=release.site_id, cohort_id=release.cohort_id)}
    layout = layout_for(release.version_id)
    return groups(study_id=release.study_id, plan=plan, layout=layout, answered=answered)


def _count_groups(
    release: Release, among: Iterable[Group], opener: Opener, within: tuple[uuid.UUID, uuid.UUID] | None = None
) -> shards.Parts:
    """The cohort's answers, or a range of them, version by version. In the site's scope."""
    return [
        (
            group,
            count_cohort(
                site_id=release.site_id,
                cohort_id=release.cohort_id,
                version_ids=group.version_ids,
                layout=group.layout,
                slices=group.slices,
                cut=release.cut,
                opener=opener,
                within=within,
            ),
        )
        for group in among
    ]


def count_range(release: Release, opener: Opener, within: tuple[uuid.UUID, uuid.UUID]) -> shards.Parts:
    """The same counting of the responses whose numbers lie in a range. Raises LockedError and SealError."""
    with site_scope(release.site_id):
        plans = (plan_numbered(one.plan_id) for one in earlier(release))
        among = _groups(release, succession.together(plan_numbered(release.plan_id), plans))
        return _count_groups(release, among, opener, within)


def _not_asked(release: Release, plan: Plan, indicator: Indicator) -> Cells:
    question = plan.question(indicator.variable, protocol_of(release.version_id))
    return not_asked(indicator, [choice.name for choice in question.options] if question else [])


def _settle(counted: _Counted | shards.Unfinished) -> dict[str, object] | None:
    """What the release will hold, beside the cohort's others; None when one came meanwhile. In the site's scope."""
    if isinstance(counted, shards.Unfinished):
        return shards.hand_over(counted)
    release = counted.release
    alone(Lock.RELEASES, release.cohort_id)
    others = list(earlier(release))
    if tuple(one.pk for one in others) != counted.known:
        return None
    printed = [released(one, release.cut) for one in others]
    cells, is_own = succession.settle(printed, counted.cells, counted.plan, Policy(release.threshold), counted.present)
    # Figures that stand were judged by the threshold and the sign-off of then.
    stands = release if is_own else others[-1]
    kept: dict[str, object] = {name: getattr(stands, name) for name in offline.KEPT}
    if is_own:
        kept |= {"respondents": counted.respondents, "participants": counted.participants, "stands": release.cut}
    _note(counted, stands)
    shards.forget(release)
    return {"cells": {name: cells_to_json(own) for name, own in cells.items()}, **kept}


def _note(counted: _Counted, stands: Release) -> None:
    """Into the audit trail: the release, who asked for it first, and what its figures allow beyond the usual policy."""
    release = counted.release
    by = waiting_for(release.pk).order_by("pk").values_list("requested_by", flat=True).first() or "worker"
    of: dict[str, str | int] = {
        "release": release.pk,
        "cohort": str(Cohort.objects.get(pk=release.cohort_id)),
        "cut": release.cut,
    }
    audit.record(by=by, action="release-made", threshold=stands.threshold, **of)
    if stands.threshold < DEFAULT_THRESHOLD:
        audit.record(by=by, action="policy-exception", kind="threshold", threshold=stands.threshold, **of)
    if stands.signed_off_by and any(one.stat in (Stat.MIN, Stat.MAX) for one in counted.plan.indicators):
        signed = stands.signed_off_by
        audit.record(by=by, action="policy-exception", kind="lowest-and-highest", signed_off_by=signed, **of)


def released(release: Release, cut: int) -> Released:
    """Another release as one up to `cut` is held against it."""
    cells = {name: cells_from_json(own) for name, own in (release.cells or {}).items()}
    printed = succession.by_definition(plan_numbered(release.plan_id), cells)
    return Released(printed, same_cut=release.stands == cut, respondents=release.respondents or 0)


def earlier(release: Release) -> models.QuerySet[Release]:
    """What was released of the cohort so far, in the order in which it was settled. Needs the site's scope."""
    own = Release.objects.filter(site_id=release.site_id, cohort_id=release.cohort_id, state=JobState.DONE)
    return own.order_by("beat_at", "pk")
