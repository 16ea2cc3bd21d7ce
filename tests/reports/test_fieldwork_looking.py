"""A look at the answers: asked for, found again when its worker dies, stored in bands; what is flagged and left out."""

import datetime
import json
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from reports import counts, flagging, looking, sweeping
from reports.bands import Fill, Share
from reports.models import FieldworkCount, JobState
from reports.plans import newest_plan
from reports.tallying import sorted_slices
from survey import cohorts, flags, keyring
from survey.models import Cohort, Flag, Response, Version
from survey.publishing import layout_for
from survey.scope import site_scope, study_scope
from tests.roles import acting_as
from tests.studies import add_cohort, site_of, stored_records

pytestmark = pytest.mark.django_db


@pytest.fixture
def kenya(version: Version) -> Cohort:
    return add_cohort(site_of(version, "KE"), version, size=60, state="open")


def row(cohort: Cohort) -> FieldworkCount:
    found = looking.latest(cohort)
    assert found is not None
    return found


def leave(cohort: Cohort, **values: object) -> None:
    """The look as a worker, or a lost message, left it."""
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        FieldworkCount.objects.filter(cohort_id=cohort.pk).update(**values)


def look(cohort: Cohort) -> FieldworkCount:
    """Asked for in the web process, taken by a worker."""
    asked = looking.ask(cohort=cohort, by="amina")
    with acting_as("survey_worker"):
        looking.look(site_id=cohort.site_id, count_id=asked)
    return row(cohort)


def ids_of(cohort: Cohort) -> list[uuid.UUID]:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        return list(Response.objects.filter(cohort_id=cohort.pk).order_by("pk").values_list("pk", flat=True))


def flagged(cohort: Cohort, *pairs: tuple[str, uuid.UUID]) -> None:
    """Flags as a worker sets them."""
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        for kind, response_id in pairs:
            Flag.objects.create(
                site_id=cohort.site_id,
                cohort_id=cohort.pk,
                kind=kind,
                response_id=response_id,
                week="2026-W48",
                language="en",
            )


def kept(cohort: Cohort) -> list[tuple[str, uuid.UUID, str, bool]]:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        found = Flag.objects.filter(cohort_id=cohort.pk).order_by("kind", "detail", "pk")
        return list(found.values_list("kind", "response_id", "detail", "excluded"))


def long_ago(seconds: int = 21) -> datetime.datetime:
    return timezone.now() - datetime.timedelta(seconds=seconds)


def sweep() -> list[tuple[int, int]]:
    with acting_as("survey_worker"):
        return sweeping.sweep_fieldwork()


# Asked for, and found again -------------------------------------------------------------------------------------------


def test_a_look_is_stored_in_bands(kenya: Cohort) -> None:
    with site_scope(kenya.site_id):
        cohorts._set_quotas(kenya, [cohorts.Wanted("gender", 40, "woman")])
    found = look(kenya)
    assert (found.state, found.made_on, found.attempts) == (JobState.DONE, timezone.now().date(), 1)
    assert found.content is not None
    assert found.content["base"] == 60
    # Everybody prefers not to say how they manage risks; 30 of 40 women wanted.
    assert found.content["questions"]["manage"] == {"base": 60, "blank": "under10", "declined": "from50"}
    assert [quota["fill"] for quota in found.content["quotas"]] == ["over-half"]


def test_nothing_finer_than_bands_is_stored(kenya: Cohort) -> None:
    content = look(kenya).content

    def words(value: Any) -> set[object]:
        if isinstance(value, dict):
            return {word for one in value.values() for word in words(one)}
        if isinstance(value, list):
            return {word for one in value for word in words(one)}
        return {value}

    numbers = {word for word in words(content) if isinstance(word, int)}
    assert {number % 5 for number in numbers} == {0}
    assert words(content) - numbers <= {*Share, *Fill, None}


def test_asking_while_a_look_is_under_way_waits_for_that_one(kenya: Cohort) -> None:
    first = looking.ask(cohort=kenya, by="amina")
    leave(kenya, state=JobState.RUNNING, attempts=1, beat_at=timezone.now())
    assert looking.ask(cohort=kenya, by="amina") == first
    assert (row(kenya).state, row(kenya).attempts) == (JobState.RUNNING, 1)


def test_asking_again_counts_again_and_keeps_what_stands_meanwhile(kenya: Cohort) -> None:
    before = look(kenya).content
    looking.ask(cohort=kenya, by="amina")
    assert (row(kenya).state, row(kenya).content) == (JobState.QUEUED, before)
    assert look(kenya).attempts == 2


def test_a_frozen_cohort_is_looked_at_no_more(version: Version) -> None:
    frozen = add_cohort(site_of(version, "KE"), version, size=10)
    with pytest.raises(looking.FrozenError):
        looking.ask(cohort=frozen, by="amina")


def test_open_cohorts_are_looked_at_once_a_day(kenya: Cohort, version: Version) -> None:
    add_cohort(site_of(version, "EG"), version, size=0, state="closed")
    with acting_as("survey_worker"):
        assert [site_id for site_id, _ in looking.ask_daily()] == [kenya.site_id]
        assert looking.ask_daily() == []
    leave(kenya, asked_at=long_ago(86_400), state=JobState.FAILED)
    with acting_as("survey_worker"):
        assert [site_id for site_id, _ in looking.ask_daily()] == [kenya.site_id]


def test_a_look_whose_worker_died_or_whose_message_was_lost_is_asked_for_again(kenya: Cohort) -> None:
    asked = (kenya.site_id, looking.ask(cohort=kenya, by="amina"))
    assert sweep() == []
    leave(kenya, asked_at=long_ago())
    assert sweep() == [asked]
    leave(kenya, state=JobState.RUNNING, attempts=1, beat_at=long_ago(19))
    assert sweep() == []
    leave(kenya, beat_at=long_ago())
    assert sweep() == [asked]


def test_a_look_that_kills_every_worker_is_given_up_and_can_be_asked_for_anew(kenya: Cohort) -> None:
    looking.ask(cohort=kenya, by="amina")
    leave(kenya, state=JobState.RUNNING, attempts=5, beat_at=long_ago())
    assert sweep() == []
    assert (row(kenya).state, row(kenya).reason) == (JobState.FAILED, "WorkerLost")
    looking.ask(cohort=kenya, by="amina")
    leave(kenya, state=JobState.RUNNING, attempts=6, beat_at=long_ago())
    assert len(sweep()) == 1


def test_a_failure_keeps_its_kind_as_the_reason(kenya: Cohort, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(flagging, "set_flags", broken)
    with pytest.raises(MemoryError):
        look(kenya)
    with acting_as("survey_web"):
        assert (row(kenya).state, row(kenya).reason) == (JobState.FAILED, "MemoryError")


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE reports_fieldworkcount SET content = '{}'",
        "SELECT record FROM survey_response",
        "SELECT response_id FROM survey_flag",
        "INSERT INTO survey_flag (site_id) VALUES (1)",
        "DELETE FROM survey_flag",
        "UPDATE survey_flag SET week = ''",
    ],
)
def test_the_web_role_reads_no_record_and_writes_no_count(kenya: Cohort, attack: str) -> None:
    look(kenya)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), site_scope(kenya.site_id):
        connection.cursor().execute(attack)


def test_another_country_and_a_coordinator_see_no_look(kenya: Cohort, version: Version) -> None:
    look(kenya)
    with site_scope(site_of(version, "EG").pk):
        assert FieldworkCount.objects.count() == 0
    with study_scope(version.study_id):
        assert FieldworkCount.objects.count() == 0


# Left out, everywhere -------------------------------------------------------------------------------------------------


def responses_counted(cohort: Cohort, version: Version) -> int:
    """How many a release counts, were all of them cut now."""
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Response.objects.filter(cohort_id=cohort.pk).update(cut=1)
        layout = layout_for(version.pk)
        return counts.count_cohort(
            site_id=cohort.site_id,
            cohort_id=cohort.pk,
            version_ids=[version.pk],
            layout=layout,
            slices=sorted_slices(newest_plan(version.pk), layout),
            cut=1,
            opener=keyring.opener(site_id=cohort.site_id),
        ).responses


def test_what_a_flag_excludes_is_counted_nowhere_until_it_is_put_back(kenya: Cohort, version: Version) -> None:
    ids = ids_of(kenya)
    flagged(kenya, ("paper", ids[0]), ("paper", ids[1]))
    first = flags.page_of(kenya, number=1)[0][0]
    flags.exclude(cohort=kenya, flag=first, reason="Entered wrongly", by="amina")
    assert responses_counted(kenya, version) == 59
    content = look(kenya).content
    assert content is not None
    assert content["base"] == 60
    flags.put_back(cohort=kenya, flag=first, reason="It was right", by="amina")
    assert responses_counted(kenya, version) == 60


def test_sheets_come_with_their_numbers_and_whether_they_count(kenya: Cohort, version: Version) -> None:
    ids = ids_of(kenya)
    flagged(kenya, ("paper", ids[3]))
    flags.exclude(cohort=kenya, flag=flags.page_of(kenya, number=1)[0][0], reason="x", by="amina")
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        layout = layout_for(version.pk)
        sheets = counts.read_sheets(
            site_id=kenya.site_id,
            cohort_id=kenya.pk,
            version_ids=[version.pk],
            layout=layout,
            opener=keyring.opener(site_id=kenya.site_id),
        )
    records = {row.pk: record for row, record, _ in stored_records(kenya.site_id)}
    assert [sheets.id_of(place) for place in range(60)] == ids
    assert [place for place in range(60) if not sheets.counted[place]] == [3]
    assert [sheets.matrix[place].tobytes() for place in range(60)] == [records[pk] for pk in ids]


# Flags ----------------------------------------------------------------------------------------------------------------


def set_flags(cohort: Cohort, version: Version, groups: Sequence[tuple[int, ...]], flat: Sequence[int] = ()) -> None:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        sheets = counts.read_sheets(
            site_id=cohort.site_id,
            cohort_id=cohort.pk,
            version_ids=[version.pk],
            layout=layout_for(version.pk),
            opener=keyring.opener(site_id=cohort.site_id),
        )
        flagging.set_flags(cohort=cohort, sheets=sheets, groups=groups, flat=flat)


def test_flags_are_set_once_and_say_who_belongs_together(kenya: Cohort, version: Version) -> None:
    ids = ids_of(kenya)
    for _ in range(2):
        set_flags(kenya, version, [(0, 5), (7, 8)], [9])
        assert kept(kenya) == [
            ("flat", ids[9], "", False),
            *[("twin", ids[place], "00001", False) for place in (0, 5)],
            *[("twin", ids[place], "00002", False) for place in (7, 8)],
        ]


def test_a_group_keeps_its_number_and_a_new_one_gets_a_new_one(kenya: Cohort, version: Version) -> None:
    ids = ids_of(kenya)
    set_flags(kenya, version, [(7, 8)])
    set_flags(kenya, version, [(0, 5), (7, 8, 9)])
    assert kept(kenya) == [
        *[("twin", ids[place], "00001", False) for place in (7, 8, 9)],
        *[("twin", ids[place], "00002", False) for place in (0, 5)],
    ]


def test_a_flag_goes_with_what_it_noticed_and_stays_while_it_excludes(kenya: Cohort, version: Version) -> None:
    ids = ids_of(kenya)
    set_flags(kenya, version, [(0, 5)])
    flags.exclude(cohort=kenya, flag=flags.page_of(kenya, number=1)[0][0], reason="Twice", by="amina")
    set_flags(kenya, version, [])
    assert kept(kenya) == [("twin", ids[0], "00001", True)]
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        Response.objects.filter(pk=ids[0]).delete()
    set_flags(kenya, version, [])
    assert kept(kenya) == []


def test_of_fewer_than_ten_people_nobody_is_flagged(version: Version) -> None:
    few = add_cohort(site_of(version, "KE"), version, size=9, state="open")
    assert look(few).content == {"base": 0}
    assert kept(few) == []


def test_a_taken_back_response_changes_nothing_that_is_stored(kenya: Cohort) -> None:
    before = look(kenya).content
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        Response.objects.filter(pk=ids_of(kenya)[0]).delete()
    # Fewer responses renew nothing: a look would else tell what the person answered who took theirs back.
    after = look(kenya).content
    assert before is not None
    assert json.dumps(after) == json.dumps(before)


def test_answers_of_the_small_study_are_told_apart_by_nobody(kenya: Cohort) -> None:
    """Sixty sheets of eight questions, many of them equal: too little for a double to be more than chance."""
    look(kenya)
    assert kept(kenya) == []
