"""Responses out to a file and in again, through the commands, as the worker."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry
from survey.models import Cohort, Flag, FreeText, Response, Version
from survey.scope import site_scope
from tests.roles import acting_as
from tests.studies import MONDAY, add_cohort, answers, publish_small, site_of

pytestmark = pytest.mark.django_db
HEADING = "_week,_language,gender,age,assess,manage,training,trainings,work,secure"


@pytest.fixture
def version() -> Version:
    return publish_small()


def cohort(version: Version, name: str, size: int = 0, state: str = Cohort.State.OPEN) -> Cohort:
    return add_cohort(site_of(version, "KE"), version, name=name, size=size, state=state)


def run(command: str, path: Path, cohort: str = "", **options: object) -> str:
    out = StringIO()
    with acting_as("survey_worker"):
        call_command(command, str(path), study="small", country="KE", cohort=cohort, stdout=out, **options)
    return out.getvalue()


def stored(cohort: Cohort) -> tuple[int, int]:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        responses = Response.objects.filter(cohort_id=cohort.pk)
        return responses.count(), FreeText.objects.filter(
            response_id__in=list(responses.values_list("pk", flat=True))
        ).count()


def test_what_comes_out_goes_in_again_byte_for_byte(version: Version, tmp_path: Path) -> None:
    texts = ["=1+1", "'quoted", "[prefer_not]", "two\nlines", 'say "so", so', "مع أصدقائي", "a;b"]
    sheets = [{**answers(number), "secure": texts[number % len(texts)]} for number in range(40)]
    first = add_cohort(site_of(version, "KE"), version, name="first", sheets=sheets)
    second = cohort(version, "second")
    run("export_responses", tmp_path / "a.csv", "first")
    assert run("import_responses", tmp_path / "a.csv", "second") == "40 responses added to KE, “second”.\n"
    run("export_responses", tmp_path / "b.csv", "second")
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert stored(first) == stored(second) == (40, 40)


def test_a_file_reads_as_a_person_writes_it(version: Version, tmp_path: Path) -> None:
    target = cohort(version, "first")
    file = tmp_path / "excel.csv"
    text = HEADING.replace(",", ";") + '\r\n2026-W48;en;1;٣٤;often;prefer_not;1;;paid;"a; b"\r\n'
    file.write_bytes(b"\xef\xbb\xbf" + text.replace(";1;;", ";no;;").encode())
    run("import_responses", file)
    run("export_responses", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == (
        f"{HEADING}\n2026-W48,en,man,34,often,prefer_not,no,,paid,a; b\n"
    )
    assert stored(target) == (1, 1)


def test_one_bad_row_and_nothing_is_stored_but_every_problem_is_told(version: Version, tmp_path: Path) -> None:
    target = cohort(version, "first")
    good = "2026-W48,en,woman,34,often,prefer_not,no,,paid,x"
    bad = ["2026-W48,en,nobody,340,often,prefer_not,no,,paid,x", good, "2026-W48,xx,woman,34,often,,no,3,paid,x"]
    file = tmp_path / "f.csv"
    file.write_text("\n".join([HEADING, *[good] * 1_500, *bad]), encoding="utf-8")
    with pytest.raises(CommandError) as caught:
        run("import_responses", file)
    lines = str(caught.value).splitlines()
    assert lines[0] == "Nothing was stored. 4 problem(s):"
    assert [re.sub(r":.*", "", line) for line in lines[1:]] == [
        "[choice-unknown] f.csv, row 1502, column “gender”",
        "[number] f.csv, row 1502, column “age”",
        "[language] f.csv, row 1504, column “_language”",
        "[not-asked] f.csv, row 1504, column “trainings”",
    ]
    assert stored(target) == (0, 0)


def test_a_thousand_problems_are_listed_and_the_rest_counted(version: Version, tmp_path: Path) -> None:
    cohort(version, "first")
    (tmp_path / "f.csv").write_text("\n".join([HEADING, *["2026-W48,en,nobody,,,,,,,"] * 1_007]), encoding="utf-8")
    with pytest.raises(CommandError) as caught:
        run("import_responses", tmp_path / "f.csv")
    lines = str(caught.value).splitlines()
    assert (len(lines), lines[0], lines[-1]) == (1_002, "Nothing was stored. 1007 problem(s):", "… and 7 more")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (HEADING.encode() + b"\n2026-W48,en,\xff", "not-utf-8"),
        (HEADING.encode() + b'\n"2026-W48,en', "not-csv"),
        (b"", "column-missing"),
        (HEADING.encode() + b"\n2026-W48,en", "cells"),
    ],
)
def test_a_broken_file_is_a_problem_and_no_traceback(
    version: Version, tmp_path: Path, content: bytes, told: str
) -> None:
    cohort(version, "first")
    (tmp_path / "f.csv").write_bytes(content)
    with pytest.raises(CommandError, match=told):
        run("import_responses", tmp_path / "f.csv")


def test_what_cannot_be_found_is_one_sentence(version: Version, tmp_path: Path) -> None:
    cohort(version, "first")
    cohort(version, "second")
    cohort(version, "done", state=Cohort.State.FROZEN)
    for cohort_name, told in (("", "Name one cohort"), ("third", "“first”"), ("done", "is frozen")):
        with pytest.raises(CommandError, match=told):
            run("import_responses", tmp_path / "f.csv", cohort_name)
    with pytest.raises(CommandError, match="cannot be read"):
        run("import_responses", tmp_path / "missing.csv", "first")
    with pytest.raises(CommandError, match="no study"), acting_as("survey_worker"):
        call_command("codebook", study="nothing")


def test_export_and_import_stand_in_the_audit_trail(version: Version, tmp_path: Path) -> None:
    cohort(version, "first", size=3)
    cohort(version, "second")
    run("export_responses", tmp_path / "a.csv", "first")
    run("import_responses", tmp_path / "a.csv", "second")
    with acting_as("survey_worker"):
        entries = (
            AuditEntry.objects.exclude(action__in=["version-published", "key-made"])
            .order_by("pk")
            .values_list("action", "detail__responses")
        )
        assert list(entries) == [("export", 3), ("import", 3)]


def test_the_codebook_of_a_published_study_can_be_printed(version: Version, tmp_path: Path) -> None:
    with acting_as("survey_worker"):
        call_command("codebook", study="small", language=["en"], out=tmp_path / "c.csv")
    lines = (tmp_path / "c.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "variable,position,width,type,code,value,en"
    assert lines[1].startswith("gender,1,1,select_one,,,")


def test_an_excluded_response_is_left_out_of_the_export(version: Version, tmp_path: Path) -> None:
    kenya = cohort(version, "first", size=3)
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        number = Response.objects.filter(cohort_id=kenya.pk).values_list("pk", flat=True).first()
        place = {"site_id": kenya.site_id, "cohort_id": kenya.pk, "week": "2026-W48", "language": "en"}
        Flag.objects.create(
            kind="twin", response_id=number, excluded=True, reason="Sent twice", by="amina", on=MONDAY, **place
        )
    run("export_responses", tmp_path / "out.csv", "first")
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 3
