"""A release that was made on a laptop, taken back: all of it is checked, then all of it is stored, or nothing."""

import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models.functions import Now

from accounts import audit
from reports import offline, succession
from reports.assembling import assemble_waiting, waiting_for
from reports.disclosure import Policy
from reports.exporting import export_key, identity, told_earlier
from reports.fitness import Judge
from reports.models import JobState, Release
from reports.plan import Plan
from reports.plans import plan_numbered
from reports.table import Cells, cells_from_json
from survey.links import country_of
from survey.locks import Lock, alone
from survey.protocol.fingerprints import digest
from survey.publishing import layout_for
from survey.scope import site_scope

MOST_BYTES = 8 * 1024 * 1024
# What a column of the database holds.
MOST_PEOPLE = 2**31 - 1
Problem = tuple[str, str]
_COUNTS = ("respondents", "participants", "stands", "threshold")


class ReturnRefused(Exception):
    """A file that is not taken; `problems` are (code, where) of everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("; ".join(f"{code} {where}".strip() for code, where in problems))


def take(*, site_id: int, content: bytes, by: str) -> Release:
    """Store a release that a laptop made of our export, and assemble what waited for it. Raises ReturnRefused."""
    told = read(content)
    with site_scope(site_id):
        release = _waiting(site_id, told)
        alone(Lock.RELEASES, release.cohort_id)
        if problems := list(_problems(release, told)):
            raise ReturnRefused(problems)
        waiting_for(release.pk).update(state=JobState.RUNNING, reason="")
        values = {name: told[name] for name in (*offline.KEPT, "cells")}
        Release.objects.filter(pk=release.pk).update(
            state=JobState.DONE, reason="", beat_at=Now(), begun_at=None, **values
        )
        audit.record(
            by=by, action="release-taken", country=country_of(site_id), release=release.pk, check=told["check"]
        )
    assemble_waiting(release_id=release.pk)
    return release


def take_or_note(*, site_id: int, content: bytes, by: str) -> None:
    """The same where nobody waits for an answer: a refusal goes into the audit trail, by its codes."""
    try:
        take(site_id=site_id, content=content, by=by)
    except ReturnRefused as refused:
        # Where a problem lies is left out: that can be a word of the file's own.
        codes = sorted({code for code, _where in refused.problems})
        audit.record(by=by, action="release-refused", country=country_of(site_id), codes=codes)


def check(*, site_id: int, cohort_id: int, content: bytes) -> None:
    """Whether a file would be stored as a release of a cohort. Stores nothing. Raises ReturnRefused."""
    told = read(content)
    with site_scope(site_id):
        release = _waiting(site_id, told)
        problems = [("other-release", "cohort")] if release.cohort_id != cohort_id else list(_problems(release, told))
    if problems:
        raise ReturnRefused(problems)


def read(content: bytes) -> dict[str, Any]:
    """What a file says, whole and unchanged as far as its own sum tells. Raises ReturnRefused."""
    try:
        told: dict[str, Any] = json.loads(content) if len(content) <= MOST_BYTES else {}
        check = told.pop("check")
        if told["format"] != offline.FORMAT or check != digest(told) or not _has_its_parts(told):
            raise ValueError
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        raise ReturnRefused([("no-release", "")]) from None
    return {**told, "check": check}


def _has_its_parts(told: Mapping[str, Any]) -> bool:
    maps = all(isinstance(told[name], dict) for name in ("release", "cells", "export"))
    sums = maps and all(isinstance(told["export"][name], str) for name in ("check", "seal"))
    return (
        sums
        and all(type(told[name]) is int and 0 <= told[name] <= MOST_PEOPLE for name in _COUNTS)
        and isinstance(told["earlier"], list)
        and all(isinstance(told[name], str) for name in ("earlier_hash", "signed_off_by"))
    )


def _waiting(site_id: int, told: Mapping[str, Any]) -> Release:
    """The row of a release that nobody has made yet, for ourselves. Raises ReturnRefused."""
    number = told["release"].get("id")
    own = Release.objects.select_for_update().filter(site_id=site_id)
    release = own.filter(pk=number).first() if type(number) is int else None
    if release is None:
        raise ReturnRefused([("other-release", "")])
    if release.state == JobState.DONE:
        raise ReturnRefused([("released-already", "")])
    if release.state == JobState.RUNNING:
        raise ReturnRefused([("being-counted", "")])
    return release


def _problems(release: Release, told: Mapping[str, Any]) -> Iterator[Problem]:
    """Everything that is wrong with a release that was made elsewhere. Needs the site's scope."""
    own = identity(release)
    for name in sorted(own.keys() | told["release"].keys()):
        if own.get(name) != told["release"].get(name):
            yield "other-release", name
    if not _is_of_our_export(told):
        yield "other-export", ""
    before = told_earlier(release)
    if told["earlier"] != [one["id"] for one in before] or told["earlier_hash"] != digest(before):
        yield "released-meanwhile", ""
        return
    try:
        cells = {str(name): cells_from_json(one) for name, one in told["cells"].items()}
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError):
        yield "cell-unreadable", ""
        return
    yield from _problems_of_cells(release, told, before, cells)


def _is_of_our_export(told: Mapping[str, Any]) -> bool:
    """Whether we exported for what the file says it is of; that this is our release now is looked at by itself."""
    seal = offline.export_seal(
        told["export"]["check"], release=told["release"], earlier=told["earlier_hash"], key=export_key()
    )
    return hmac.compare_digest(seal.encode(), told["export"]["seal"].encode())


def _problems_of_cells(
    release: Release, told: Mapping[str, Any], before: list[dict[str, Any]], cells: Mapping[str, Cells]
) -> Iterator[Problem]:
    plan, policy = plan_numbered(release.plan_id), Policy(release.threshold)
    judge = Judge(
        plan,
        layout_for(release.version_id),
        policy,
        signed_off=bool(release.signed_off_by),
        respondents=told["respondents"],
        participants=told["participants"],
    )
    # Of the same cut an earlier release can stand as well, under the threshold and the sign-off of then.
    own = (release.cut, release.threshold, release.signed_off_by)
    is_own = (told["stands"], told["threshold"], told["signed_off_by"]) == own
    # What another release printed was judged when it was made, under the threshold of then.
    found = [(code, where) for code, where in judge.faults(cells) if is_own or code.startswith("indicator-")]
    yield from found
    if found:
        return
    printed = [offline.released(one, plan_numbered(one["plan"]), release.cut) for one in before]
    if is_own:
        # Without the key nobody sees here whether an earlier figure that is in this plan no more has changed since.
        present = succession.Present(plan, cells, layout_for(release.version_id), told["respondents"])
        if succession.follow(printed, cells, plan, policy, present) != cells:
            yield "earlier-release", ""
    elif not before or any(told[name] != before[-1][name] for name in offline.KEPT) or _stand(printed[-1], cells, plan):
        yield "earlier-release", ""


def _stand(newest: succession.Released, cells: Mapping[str, Cells], plan: Plan) -> bool:
    """Whether the cells are others than those of the newest release that stand."""
    return succession.standing(newest, cells, plan) != cells
