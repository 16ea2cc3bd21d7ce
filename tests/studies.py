"""A small published study with two countries, and what tests put into it, in the roles that do so."""

import datetime
import random
from collections.abc import Iterable, Sequence

from survey import custody, keyring
from survey.imports import add_participants, add_responses
from survey.models import Cohort, Cut, FreeText, Participant, Response, Site, Version
from survey.protocol.schema import Answers
from survey.protocol.sheets import Workbook, from_json
from survey.publishing import publish
from survey.responses import opened_rows
from survey.scope import site_scope
from tests.roles import acting_as

LANGUAGES = ("English (en)", "العربية (ar)")
MONDAY = datetime.date(2026, 11, 23)
_DESCRIBING = {"gender_question": "gender", "issue_question": "work"}


def _sheet(columns: Sequence[str], rows: Iterable[dict[str, str]]) -> list[list[str]]:
    return [list(columns), *([row.get(column, "") for column in columns] for row in rows)]


def _in_all(field: str, text: str) -> dict[str, str]:
    return {f"{field}::{language}": text for language in LANGUAGES}


def _texts(*fields: str) -> list[str]:
    return [f"{field}::{language}" for field in fields for language in LANGUAGES]


def _row(kind: str, name: str, label: str = "", **cells: str) -> dict[str, str]:
    message = _in_all("constraint_message", "Write a whole number.") if "constraint" in cells else {}
    return {"type": kind, "name": name, **_in_all("label", label), **message, "source": "reconstructed", **cells}


def _choices(name: str, *labels: str, **missing: str) -> list[dict[str, str]]:
    rows = [
        {"list_name": name, "name": label, "code": str(code), **_in_all("label", label)}
        for code, label in enumerate(labels)
    ]
    reasons = [*missing, "prefer_not"]
    rows += [
        {"list_name": name, "name": reason, "missing": reason, **_in_all("label", missing.get(reason, reason))}
        for reason in reasons
    ]
    return rows


def small_workbook(form_id: str = "small", *, records: str = "sealed") -> Workbook:
    """Gender, age, a battery of two practices, training with a follow-up, ways of working, a free text."""
    survey = [
        _row("hidden", "country"),
        _row("begin_group", "about", "About you"),
        _row("select_one gender", "gender", "What is your gender?"),
        _row("integer", "age", "How old are you?", constraint=". >= 15 and . <= 120"),
        _row("end_group", "about_end"),
        _row("begin_group", "security", "Security"),
        _row("begin_group", "practices", "How often do you do this?", appearance="field-list"),
        _row("select_one frequency", "assess", "Assess risks"),
        _row("select_one frequency", "manage", "Manage risks"),
        _row("end_group", "practices_end"),
        _row("select_one yesno", "training", "Have you had training?"),
        _row("integer", "trainings", "How many?", constraint=". >= 0 and . <= 300", relevant="${training} = 'yes'"),
        _row("select_multiple work", "work", "How do you work?"),
        _row("text", "secure", "What makes you feel secure?"),
        _row("end_group", "security_end"),
    ]
    choices = [
        *_choices("gender", "woman", "man"),
        *_choices("frequency", "never", "often", "always"),
        *_choices("yesno", "no", "yes", dont_know="dont_know"),
        *_choices("work", "paid", "unpaid", "none"),
    ]
    for choice in choices:
        if (choice["list_name"], choice["name"]) == ("work", "none"):
            choice["exclusive"] = "yes"
    return from_json(
        {
            "survey": _sheet(
                ["type", "name", *_texts("label", "hint", "constraint_message"), "relevant", "constraint", "source"],
                survey,
            ),
            "choices": _sheet(["list_name", "name", *_texts("label"), "code", "missing", "exclusive"], choices),
            "settings": _sheet(
                ["form_title", "form_id", "version", "default_language", "threshold", "records", *_DESCRIBING],
                [
                    {
                        "form_title": "Survey",
                        "form_id": form_id,
                        "version": "1",
                        "default_language": "English (en)",
                        "threshold": "5",
                        "records": records,
                        **_DESCRIBING,
                    }
                ],
            ),
            "countries": _sheet(
                ["country", *_texts("label"), "languages"],
                [
                    {"country": "KE", "languages": "en", **_in_all("label", "Kenya")},
                    {"country": "EG", "languages": "ar en", **_in_all("label", "Egypt")},
                ],
            ),
            "indicators": _sheet(
                [
                    "indicator",
                    "variable",
                    "stat",
                    "count",
                    "dont_know",
                    "split",
                    "average",
                    "zero_if",
                    *_texts("label"),
                ],
                _indicators(),
            ),
            "tables": _sheet(["table", "indicator", "show", *_texts("label", "stub", "column")], _tables()),
        }
    )


def _indicators() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = [
        {"indicator": "practice.assess", "variable": "assess", "stat": "percent_in", "count": "often always"},
        {"indicator": "training.any", "variable": "training", "stat": "percent_in", "count": "yes"},
        {"indicator": "training.mean", "variable": "trainings", "stat": "mean", "zero_if": "${training} = 'no'"},
        {"indicator": "about.youngest", "variable": "age", "stat": "min"},
        {"indicator": "work.how", "variable": "work", "stat": "percent_each"},
        {"indicator": "participants.gender", "variable": "participants", "stat": "count", "split": "gender"},
    ]
    rows[0]["average"] = "all"
    rows[1].update(dont_know="exclude", split="gender", average="others")
    return [{**row, **_in_all("label", row["indicator"])} for row in rows]


def _tables() -> list[dict[str, str]]:
    title = {**_in_all("label", "Table"), **_in_all("stub", "Practice"), **_in_all("column", "Percent")}
    lines = [{"table": "one", "indicator": row["indicator"]} for row in _indicators()]
    return [{"table": "one", "show": "others", **title}, *lines]


def publish_small(form_id: str = "small", *, records: str = "sealed") -> Version:
    """The small study, its sites with keys that workers hold."""
    with acting_as("survey_owner"):
        version = publish(workbook=small_workbook(form_id, records=records), on=MONDAY)
    with acting_as("survey_worker"):
        custody.make_missing_keys()
    return version


def stored_records(site_id: int) -> list[tuple[Response, bytes, dict[str, str]]]:
    """Every response of a site with its record and its free texts, opened as a worker opens them."""
    with acting_as("survey_worker"), site_scope(site_id):
        opener = keyring.opener(site_id=site_id)
        texts = {one.response_id: one for one in FreeText.objects.all()}
        rows = Response.objects.filter(site_id=site_id)
        return [(row, *opened_rows(opener, row, texts.get(row.pk))) for row in rows]


def site_of(version: Version, country: str) -> Site:
    return Site.objects.get(study_id=version.study_id, country=country)


def answers(number: int) -> Answers:
    """The n-th of a row of answer sheets that are easy to count: 2nd woman, 3rd often, 4th trained."""
    return {
        "gender": "woman" if number % 2 else "man",
        "age": 20 + number % 50,
        "assess": "often" if number % 3 == 0 else "never",
        "manage": "prefer_not",
        "training": "yes" if number % 4 == 0 else "no",
        **({"trainings": 2} if number % 4 == 0 else {}),
        "work": ("paid",) if number % 2 else ("paid", "unpaid"),
        "secure": "friends",
    }


def add_cut(cohort: Cohort, *, number: int = 1, is_last: bool = False) -> Cut:
    """A cut as its researcher makes it. Needs the site's scope."""
    return Cut.objects.create(
        site_id=cohort.site_id,
        cohort_id=cohort.pk,
        number=number,
        made_on=MONDAY,
        by="amina",
        reason="End of fieldwork",
        is_last=is_last,
    )


def add_cohort(
    site: Site,
    version: Version,
    *,
    name: str = "first",
    size: int = 60,
    state: str = Cohort.State.FROZEN,
    synthetic: bool = False,
    signed_off_by: str = "",
    sheets: Sequence[Answers] | None = None,
) -> Cohort:
    """A cohort with answer sheets and as many participants, stored as the worker does it."""
    with acting_as("survey_worker"), site_scope(site.pk):
        cohort = Cohort.objects.create(
            site_id=site.pk,
            version_id=version.pk,
            name=name,
            state=state,
            synthetic=synthetic,
            signed_off_by=signed_off_by,
            modes="survey",
        )
        if state == Cohort.State.FROZEN:
            add_cut(cohort, is_last=True)
        rows = sheets if sheets is not None else [answers(number) for number in range(size)]
        add_responses(cohort=cohort, country=site.country, language="en", sheets=[(MONDAY, row) for row in rows])
        people = [
            Participant(
                site_id=site.pk, cohort_id=cohort.pk, code=f"P{n:04d}", gender=str(row["gender"]), took_survey=True
            )
            for n, row in enumerate(rows)
        ]
        random.Random(1).shuffle(people)
        add_participants(cohort=cohort, participants=people)
    return cohort
