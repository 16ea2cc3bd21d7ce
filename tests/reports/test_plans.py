"""Plans apart from the questionnaire, and answers to several versions of it under one plan."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.models import AuditEntry
from reports import releasing, runs, sharding
from reports.models import Comparison, Release
from reports.plans import newest_plan
from reports.table import TOTAL, Cell, Result, State
from survey import custody
from survey.models import Cohort, PlanVersion, Version
from survey.protocol.schema import Answers
from survey.protocol.sheets import Workbook, from_json
from survey.publishing import latest_plan, publish
from survey.scope import site_scope, study_scope
from tests import workbooks as w
from tests.roles import acting_as
from tests.studies import MONDAY, add_cohort, answers, publish_small, site_of, small_workbook

pytestmark = pytest.mark.django_db
Change = Callable[[dict[str, list[list[str]]]], None]


def changed(*changes: Change) -> Workbook:
    """The small study's workbook with changes to its sheets: lists of rows under a header."""
    sheets = small_workbook().to_json()
    for change in changes:
        change(sheets)
    return from_json(sheets)


def add_row(sheet: str, like: int = -1, **cells: str) -> Change:
    """One more row, which says what another one says but for some cells."""

    def change(sheets: dict[str, list[list[str]]]) -> None:
        head, *rows = sheets[sheet]
        row = dict(zip(head, rows[like], strict=True))
        sheets[sheet].append([{**row, **cells}[column] for column in head])

    return change


def second_table(*indicators: str) -> list[Change]:
    return [add_row("tables", 0, table="two"), *(add_row("tables", table="two", indicator=name) for name in indicators)]


def published(workbook: Workbook) -> Version:
    with acting_as("survey_owner"):
        version = publish(workbook=workbook, on=MONDAY, by="ana")
    with acting_as("survey_worker"):
        custody.make_missing_keys()
    return version


def compared(version: Version, *countries: str, table: str) -> Comparison:
    sites = [site_of(version, country) for country in countries]
    comparison = runs.start(version=version, sites=sites, tables=[table], by="tester")
    with acting_as("survey_worker"):
        for site_id, release_id in runs.unfinished_releases(comparison):
            releasing.make_release(site_id=site_id, release_id=release_id)
            sharding.count_here(site_id=site_id, release_id=release_id)
        runs.assemble(comparison_id=comparison.pk)
    return Comparison.objects.get(pk=comparison.pk)


def releases(version: Version) -> int:
    with study_scope(version.study_id):
        return Release.objects.count()


def cell(comparison: Comparison, indicator: str, country: str) -> Cell:
    found = Result.from_json(comparison.result).indicator(indicator).cell(country)
    assert found is not None
    return found


# Plans ----------------------------------------------------------------------------------------------------------------


def test_a_new_table_is_a_new_plan_of_the_same_version() -> None:
    version = publish_small()
    again = published(changed(*second_table("practice.assess")))
    assert (again.pk, Version.objects.count()) == (version.pk, 1)
    assert list(PlanVersion.objects.values_list("version_id", "number")) == [(version.pk, 1), (version.pk, 2)]
    assert [table.id for table in newest_plan(version.pk).tables] == ["one", "two"]
    assert latest_plan(version.pk).made_by == "ana"
    with acting_as("survey_worker"):
        added = AuditEntry.objects.filter(action="plan-added").values_list("actor", "detail__plan")
        assert list(added) == [("ana", 2)]


def test_the_same_plan_again_is_the_same_plan() -> None:
    version = publish_small()
    assert published(small_workbook()).pk == version.pk
    assert PlanVersion.objects.count() == 1


def test_a_plan_never_changes() -> None:
    publish_small()
    for role in ("survey_web", "survey_worker", "survey_owner"):
        with acting_as(role), transaction.atomic():
            with pytest.raises(DatabaseError), transaction.atomic():
                PlanVersion.objects.update(made_by="somebody")
            with pytest.raises(DatabaseError), transaction.atomic():
                PlanVersion.objects.all()._raw_delete("default")


def test_a_table_of_figures_that_are_released_needs_no_new_release() -> None:
    version = publish_small()
    add_cohort(site_of(version, "KE"), version)
    first = compared(version, "KE", table="one")
    published(changed(*second_table("practice.assess", "training.any")))
    second = compared(version, "KE", table="two")
    assert releases(version) == 1
    assert cell(second, "practice.assess", "KE") == cell(first, "practice.assess", "KE") != Cell(State.TOO_FEW)
    assert second.result["provenance"]["plan_hash"] == latest_plan(version.pk).plan_hash
    assert (first.result["provenance"]["plan"], second.result["provenance"]["plan"]) == (1, 2)


def test_a_figure_that_no_release_holds_needs_one() -> None:
    version = publish_small()
    add_cohort(site_of(version, "KE"), version)
    compared(version, "KE", table="one")
    women = add_row("indicators", 0, indicator="about.women", variable="gender", count="woman", average="")
    published(changed(women, *second_table("about.women")))
    second = compared(version, "KE", table="two")
    assert releases(version) == 2
    # Every other one of 60 sheets is a woman's.
    assert cell(second, "about.women", "KE") == Cell(State.SHOWN, Fraction(50), 30, 60)


def set_to(**cells: str) -> Change:
    def change(sheets: dict[str, list[list[str]]]) -> None:
        head, row = sheets["settings"]
        row[:] = [{**dict(zip(head, row, strict=True)), **cells}[column] for column in head]

    return change


def test_figures_that_stand_keep_the_threshold_that_they_were_judged_by() -> None:
    first = publish_small()
    add_cohort(site_of(first, "KE"), first, size=24)
    compared(first, "KE", table="one")
    second = published(changed(set_to(version="2", threshold="10")))
    add_cohort(site_of(second, "EG"), second, size=60)
    comparison = compared(second, "KE", "EG", table="one")
    # 6 of 24 trained: printed once, and printed since.
    assert [cell(comparison, "training.any", country).k for country in ("KE", "EG")] == [6, 15]
    with study_scope(first.study_id):
        assert list(Release.objects.order_by("pk").values_list("threshold", flat=True)) == [5, 5, 10]
    # What holds in every country.
    assert Result.from_json(comparison.result).provenance.threshold == 5
    with acting_as("survey_worker"):
        made = AuditEntry.objects.filter(action="release-made").order_by("pk")
        assert list(made.values_list("detail__threshold", flat=True)) == [5, 5, 10]


def test_a_lowest_value_that_stands_keeps_the_name_that_answers_for_it() -> None:
    version = publish_small()
    cohort = add_cohort(site_of(version, "KE"), version, signed_off_by="Amina")
    compared(version, "KE", table="one")
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Cohort.objects.update(signed_off_by="")
    published(changed(*second_table("about.youngest")))
    comparison = compared(version, "KE", table="two")
    assert cell(comparison, "about.youngest", "KE") == Cell(State.SHOWN, Fraction(20), None, 60)
    assert Result.from_json(comparison.result).country("KE").signed_off_by == "Amina"


# Versions -------------------------------------------------------------------------------------------------------------


def second_version(*changes: Change) -> Version:
    """One question more, and what else is told."""
    asked = add_row("survey", 8, name="share", **{"label::English (en)": "Share plans"})
    plan = add_row("indicators", 0, indicator="practice.share", variable="share")
    last = add_row("tables", indicator="practice.share")
    return published(changed(asked_before_the_end(asked), plan, last, *changes))


def asked_before_the_end(add: Change) -> Change:
    """The new question goes into the last section, before its end."""

    def change(sheets: dict[str, list[list[str]]]) -> None:
        end = sheets["survey"].pop()
        add(sheets)
        sheets["survey"].append(end)

    return change


def sheets_with_the_new_question(size: int) -> list[Answers]:
    return [{**answers(number), "share": "often" if number % 2 else "never"} for number in range(size)]


def test_answers_to_two_versions_count_together_where_they_mean_the_same() -> None:
    first = publish_small()
    second = second_version()
    assert first.layout_hash != second.layout_hash
    add_cohort(site_of(first, "KE"), first, size=60)
    add_cohort(site_of(second, "EG"), second, sheets=sheets_with_the_new_question(30))
    comparison = compared(second, "KE", "EG", table="one")
    assert [cell(comparison, "practice.assess", country).k for country in ("KE", "EG")] == [20, 10]
    assert cell(comparison, "practice.share", "KE") == Cell(State.NOT_ASKED)
    assert (cell(comparison, "practice.share", "EG").k, cell(comparison, "practice.share", "EG").n) == (15, 30)
    # A country that was not asked has no figure, so there is no average.
    assert Result.from_json(comparison.result).indicator("practice.share").averages == {}
    assert set(Result.from_json(comparison.result).indicator("practice.assess").averages) == {"KE", "EG"}


def test_a_distribution_of_a_question_that_was_not_asked_says_so_for_every_choice() -> None:
    first = publish_small()
    each = add_row("indicators", 4, indicator="share.each", variable="share")
    second = second_version(each, add_row("tables", indicator="share.each"))
    add_cohort(site_of(first, "KE"), first)
    result = Result.from_json(compared(second, "KE", table="one").result)
    states = {name: one.state for name, one in result.indicator("share.each").cells["KE"][TOTAL].items()}
    assert states == dict.fromkeys(["never", "often", "always", "prefer_not"], State.NOT_ASKED)


def test_the_same_name_with_another_scale_is_another_question() -> None:
    first = publish_small()

    def other_scale(sheets: dict[str, list[list[str]]]) -> None:
        head = sheets["choices"][0]
        for row in sheets["choices"][1:]:
            if row[head.index("list_name")] == "frequency" and row[head.index("code")]:
                row[head.index("code")] = str(5 - int(row[head.index("code")]))

    second = second_version(other_scale)
    add_cohort(site_of(first, "KE"), first)
    comparison = compared(second, "KE", table="one")
    assert cell(comparison, "practice.assess", "KE") == Cell(State.NOT_ASKED)
    assert cell(comparison, "training.any", "KE").k == 15


def test_a_figure_of_another_version_is_not_held_against_one_of_the_same_name() -> None:
    version = publish_small()
    add_cohort(site_of(version, "KE"), version)
    compared(version, "KE", table="one")

    def renamed(sheets: dict[str, list[list[str]]]) -> None:
        head = sheets["survey"][0]
        for row in sheets["survey"][1:]:
            if row[head.index("name")] == "trainings":
                row[head.index("relevant")] = ""

    second = second_version(renamed)
    comparison = compared(second, "KE", table="one")
    # The routing of “trainings” changed: its numbers mean another thing now. The rest is as it was.
    assert cell(comparison, "training.mean", "KE") == Cell(State.NOT_ASKED)
    assert cell(comparison, "practice.assess", "KE").k == 20
    with study_scope(version.study_id):
        assert [one.stands == one.cut for one in Release.objects.order_by("pk")] == [True, True]


def test_the_respondents_of_every_version_are_respondents() -> None:
    first = publish_small()
    second = second_version()
    add_cohort(site_of(first, "KE"), first, size=60)
    country = Result.from_json(compared(second, "KE", table="one").result).countries[0]
    assert (country.respondents, country.participants) == (60, 60)


@pytest.mark.parametrize("shard_rows", [250_000, 10])
def test_answers_of_another_version_are_counted_and_judged_by_the_routing_of_the_plans_own(
    shard_rows: int, settings: Any
) -> None:
    settings.SHARD_ROWS = shard_rows

    def book(version: str, *more: w.Cells) -> Workbook:
        asked = [w.one(name, "yesno") for name in ("useful", "long", "free")]
        behind = w.group("then", *asked, relevant="${trained} = 'yes'")
        survey = [*w.group("first", w.one("gender", "sex"), w.one("trained", "yesno"), *more), *behind]
        figure = w.indicator("useful.any", "useful", "percent_in", count="yes")
        return w.workbook(survey, [*w.YES_NO, *w.SEX], settings={"version": version}, indicators=[figure])

    # In the first version most questions hang on the training: a door, whose base is no secret. In the second none is.
    first = published(book("1"))
    second = published(book("2", w.one("more", "yesno"), w.one("still_more", "yesno")))
    useful = [{"gender": "woman", "trained": "yes", "useful": said} for said in ("yes", "no") for _ in range(15)]
    for country, others in (("KE", 10), ("EG", 3)):
        sheets = [*useful, *({"gender": "woman", "trained": "no"} for _ in range(others))]
        add_cohort(site_of(first, country), first, sheets=sheets)
    comparison = compared(second, "KE", "EG", table="all")
    assert cell(comparison, "useful.any", "KE") == Cell(State.SHOWN, Fraction(50), 15, 30)
    # Its base would tell that three were not trained.
    assert cell(comparison, "useful.any", "EG") == Cell(State.TOO_FEW)
