"""A coordinator's own table: made of what releases hold, kept as a part of the plan."""

import csv
import io

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports import releasing, runs
from reports.drafting import Draft, Line, with_table
from reports.models import Comparison, Release
from reports.plan_sheets import read_plan
from reports.plans import newest_plan
from reports.table import SCALAR, TOTAL, Result
from survey.models import PlanVersion, Version
from survey.protocol.sheets import from_json
from survey.publishing import latest_plan, plan_workbook, protocol_of
from survey.scope import study_scope
from tests.reports.test_plans import add_row, changed, published
from tests.roles import acting_as
from tests.studies import add_cohort, site_of

pytestmark = pytest.mark.django_db
ADDRESS = "/desk/studies/small/table/"


@pytest.fixture
def released(version: Version) -> Version:
    """Kenya's and Egypt's figures of the plan as it was published are released."""
    for country, size in (("KE", 60), ("EG", 30)):
        add_cohort(site_of(version, country), version, size=size)
    finish(runs.start(version=version, sites=list(version.study.sites.all()), tables=["one"], by="tester"))
    return version


def finish(comparison: Comparison) -> Comparison:
    with acting_as("survey_worker"):
        for site_id, release_id in runs.unfinished_releases(comparison):
            releasing.make_release(site_id=site_id, release_id=release_id)
        runs.assemble(comparison_id=comparison.pk)
    return Comparison.objects.get(pk=comparison.pk)


def asked(desk: Client, do: str, **fields: object) -> str:
    found = desk.post(ADDRESS, {"do": do, "countries": ["KE", "EG"], **fields})
    return found.content.decode() if found.status_code < 300 else f"{found.status_code} {found.content.decode()}"


def with_bands() -> Version:
    """The study with a plan that has two bands of age, 15 to 39 and 40 or more."""
    text, bands = ["label::English (en)", "label::العربية (ar)"], {"younger": "15-39", "older": "40+"}

    def derive(sheets: dict[str, list[list[str]]]) -> None:
        sheets["derived"] = [
            ["variable", "from", "rule", "choice", "of", *text],
            ["age_band", "age", "band", "", "", "Age group", "Age group"],
            *(["age_band", "", "", name, ages, name, name] for name, ages in bands.items()),
        ]

    figure = add_row("indicators", 4, indicator="about.bands", variable="age_band")
    return published(changed(derive, figure, add_row("tables", indicator="about.bands")))


# Drafts ---------------------------------------------------------------------------------------------------------------


def drafted(version: Version, draft: Draft) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The rows that a draft adds to the two sheets, without texts."""
    workbook = plan_workbook(latest_plan(version.pk).pk)
    protocol = protocol_of(version.pk)
    found, _table = with_table(workbook, protocol=protocol, plan=newest_plan(version.pk), draft=draft)
    read_plan(found, protocol)
    assert read_plan(from_json(found.to_json()), protocol) == read_plan(found, protocol)
    added = [
        [{name: cell for name, cell in row.cells.items() if cell and "::" not in name} for row in found.rows(sheet)]
        for sheet in ("indicators", "tables")
    ]
    return added[0][len(workbook.rows("indicators")) :], added[1][len(workbook.rows("tables")) :]


def test_a_figure_that_the_plan_has_is_not_doubled(version: Version) -> None:
    indicators, tables = drafted(version, Draft((Line("assess", ("always", "often")),)))
    assert indicators == []
    assert tables == [{"table": "own.1", "show": "others"}, {"table": "own.1", "indicator": "practice.assess"}]


def test_every_counted_answer_of_a_multi_select_is_a_line_of_its_own(version: Version) -> None:
    indicators, tables = drafted(version, Draft((Line("work", ("paid", "unpaid")),)))
    assert [(row["stat"], row["count"], row["average"]) for row in indicators] == [
        ("percent_in", "paid", "all"),
        ("percent_in", "unpaid", "all"),
    ]
    assert [row.get("indicator") for row in tables] == [None, *(row["indicator"] for row in indicators)]


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        (Line("age"), {"variable": "age", "stat": "mean", "average": "all"}),
        (Line("gender"), {"variable": "gender", "stat": "percent_each"}),
        (Line("training", ("yes",)), {"stat": "percent_in", "count": "yes", "dont_know": "include"}),
    ],
)
def test_the_kind_of_question_says_what_a_line_is(version: Version, line: Line, rows: dict[str, str]) -> None:
    [found], _tables = drafted(version, Draft((line,), dont_know=True))
    assert found.items() >= rows.items()


def test_a_split_table_has_no_averages(version: Version) -> None:
    [row], [opening, _line] = drafted(version, Draft((Line("manage", ("often",)),), split="gender"))
    assert (row["split"], row.get("average"), opening["show"]) == ("gender", None, "split")


def test_a_split_by_a_band_of_the_plan_is_the_band(version: Version) -> None:
    banded = with_bands()
    assert banded.pk == version.pk
    [row], _tables = drafted(banded, Draft((Line("manage", ("often",)),), split="age_band"))
    assert (row["variable"], row["split"]) == ("manage", "age_band")


def test_a_band_is_a_line_and_its_figure_in_the_plan_is_not_doubled(version: Version) -> None:
    indicators, tables = drafted(with_bands(), Draft((Line("age_band"), Line("age_band", ("older",)))))
    assert [(row["variable"], row["stat"], row.get("count")) for row in indicators] == [
        ("age_band", "percent_in", "older")
    ]
    assert [row.get("indicator") for row in tables] == [None, "about.bands", indicators[0]["indicator"]]


# The page -------------------------------------------------------------------------------------------------------------


def test_bands_stand_with_the_question_that_they_are_made_of(desk: Client, version: Version) -> None:
    with_bands()
    page = desk.get(ADDRESS).content.decode()
    about, security = page.index("<h3>About you</h3>"), page.index("<h3>Security</h3>")
    assert about < page.index('name="questions" value="age_band"') < security
    assert '<option value="age_band">Age group</option>' in asked(desk, "choose", questions=["assess"])


def test_a_kept_table_is_split_by_a_band(desk: Client, version: Version) -> None:
    add_cohort(site_of(with_bands(), "KE"), version)
    fields = {"questions": ["assess"], "split": "age_band", "counted-assess": ["often", "always"]}
    assert desk.post(ADDRESS, {"do": "keep", "countries": ["KE"], **fields}).status_code == 303
    [figure] = Result.from_json(finish(Comparison.objects.get()).result).indicators
    # Every third of 60 people often does so; 30 of them are 20 to 39 years old, 30 are 40 or more.
    shown = {name: (cells[SCALAR].k, cells[SCALAR].n) for name, cells in figure.cells["KE"].items()}
    assert shown == {TOTAL: (20, 60), "younger": (10, 30), "older": (10, 30)}


def test_questions_come_first_then_what_is_counted_of_them(desk: Client, released: Version) -> None:
    page = desk.get(ADDRESS).content.decode()
    assert 'name="questions"' in page
    assert "counted-" not in page
    assert 'name="counted-assess"' in asked(desk, "choose", questions=["assess"])


def test_what_releases_hold_is_shown_at_once_and_stored_nowhere(desk: Client, released: Version) -> None:
    page = asked(desk, "look", questions=["assess"], **{"counted-assess": ["often", "always"]})
    # 20 of 60 in Kenya, 10 of 30 in Egypt.
    assert "The releases hold all of it" in page
    assert "33.3%" in page
    assert (PlanVersion.objects.count(), Comparison.objects.count()) == (1, 1)


def test_a_distribution_that_is_printed_can_be_added_up(desk: Client, released: Version) -> None:
    page = asked(desk, "look", questions=["work"], **{"counted-work": ["unpaid"]})
    assert "The releases hold all of it" in page
    # Every other one of 60; 15 of 30.
    assert page.count("50.0%") >= 1


def test_the_page_says_of_whom_a_new_release_is_needed(desk: Client, released: Version) -> None:
    page = asked(desk, "look", questions=["manage"], **{"counted-manage": ["often"]})
    assert "No release holds these figures of: Kenya, Egypt." in page


def test_what_is_not_cut_yet_is_named(desk: Client, version: Version) -> None:
    add_cohort(site_of(version, "KE"), version)
    page = asked(desk, "look", questions=["manage"], **{"counted-manage": ["often"]})
    assert "Nothing is cut or frozen yet of: Egypt." in page
    assert "of: Kenya." in page


def test_a_kept_table_is_a_new_plan_and_is_compared(desk: Client, released: Version) -> None:
    fields = {"questions": ["assess", "manage"], "title": "Two practices", "split": "gender"}
    counted = {"counted-assess": ["often"], "counted-manage": ["often", "always"]}
    kept = desk.post(ADDRESS, {"do": "keep", "countries": ["KE", "EG"], **fields, **counted})
    assert kept.status_code == 303
    done = finish(Comparison.objects.order_by("-pk")[0])
    result = Result.from_json(done.result)
    assert [(table.id, table.title["en"], table.show) for table in result.tables] == [
        ("own.1", "Two practices", "split")
    ]
    plan = PlanVersion.objects.latest("number")
    assert (plan.number, done.plan_id, plan.made_by) == (2, plan.pk, "coordinator")
    with study_scope(released.study_id):
        assert Release.objects.filter(plan_id=plan.pk, state="done").count() == 2


def test_a_kept_table_of_released_figures_counts_nothing(desk: Client, released: Version) -> None:
    desk.post(
        ADDRESS, {"do": "keep", "countries": ["KE"], "questions": ["assess"], "counted-assess": ["often", "always"]}
    )
    with study_scope(released.study_id):
        assert Release.objects.count() == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"questions": []}, "Choose at least one question."),
        ({"questions": ["unheard"]}, "Select a valid choice"),
        ({"questions": ["assess"], "counted-assess": ["unheard"]}, "Select a valid choice"),
        ({"questions": ["assess"], "split": "gender"}, "Choose what is counted"),
        ({"questions": ["assess"], "split": "age", "counted-assess": ["often"]}, "Select a valid choice"),
        ({"questions": ["assess"], "title": "x" * 201}, "at most 200 characters"),
        ({"questions": ["assess"], "countries": []}, "Choose at least one country."),
        ({"questions": ["assess"], "countries": ["MX"]}, "Select a valid choice"),
    ],
)
def test_what_makes_no_table_is_told_beside_the_field(
    desk: Client, released: Version, fields: dict[str, object], said: str
) -> None:
    page = asked(desk, "look", **fields)
    assert page.startswith("422")
    assert said in page


def test_refusals_are_in_the_readers_language(desk: Client, version: Version) -> None:
    add_cohort(site_of(version, "KE"), version, synthetic=True)
    add_cohort(site_of(version, "EG"), version)
    desk.defaults["HTTP_ACCEPT_LANGUAGE"] = "es-mx"
    fields = {"questions": ["training"], "counted-training": ["yes"]}
    assert "Nunca se ponen en una misma comparación" in asked(desk, "keep", **fields)
    # The plan splits training by gender.
    assert "ya divide las mismas respuestas de otra manera" in asked(desk, "look", **fields, split="assess")


def test_words_that_a_spreadsheet_takes_for_a_formula_stay_words(desk: Client, released: Version) -> None:
    fields = {"questions": ["assess"], "title": "=1+1", "counted-assess": ["often"]}
    desk.post(ADDRESS, {"do": "keep", "countries": ["KE"], **fields})
    rows = list(csv.DictReader(io.StringIO(desk.get("/desk/studies/small/plans/2/tables/").content.decode())))
    assert next(row["label::English (en)"] for row in rows if row["table"] == "own.1") == "'=1+1"


# Plans ----------------------------------------------------------------------------------------------------------------


def test_plans_are_listed_and_their_sheets_can_be_taken_along(desk: Client, released: Version) -> None:
    page = desk.get("/desk/studies/small/plans/").content.decode()
    assert "/desk/studies/small/plans/1/indicators/" in page
    sheet = desk.get("/desk/studies/small/plans/1/indicators/").content.decode()
    assert sheet.splitlines()[1].startswith("practice.assess,assess,percent_in,often always")
    for address in ("plans/9/indicators/", "plans/1/survey/"):
        assert desk.get(f"/desk/studies/small/{address}").status_code == 404


def test_many_plans_ask_as_often_as_one(desk: Client, released: Version) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            desk.get("/desk/studies/small/plans/")
        return len(found)

    queries()
    one = queries()
    for choice in ("never", "often", "always"):
        fields = {"questions": ["manage"], "counted-manage": [choice]}
        desk.post(ADDRESS, {"do": "keep", "countries": ["KE"], **fields})
    assert PlanVersion.objects.count() == 4
    assert queries() == one


def test_while_questions_are_chosen_nothing_is_wrong_and_nothing_is_lost(desk: Client, released: Version) -> None:
    fields = {"questions": ["assess", "manage"], "counted-assess": ["often"], "title": "Mine"}
    page = desk.post(ADDRESS, {"do": "choose", **fields}).content.decode()
    assert 'role="alert"' not in page
    assert page.count(" checked") == 2 + 1 + 2
    assert 'value="Mine"' in page
