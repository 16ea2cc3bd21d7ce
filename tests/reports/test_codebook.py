"""The codebook: as a page, as one file, and as DDI-Codebook 2.5."""

import datetime
import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from lxml import etree

from accounts.models import Role
from reports.codebook import ddi, page
from reports.codebook.edition import Edition, Fieldwork, edition_of
from survey.models import Version
from survey.protocol.record import layout_of
from tests import workbooks as w
from tests.factories import make_staff, signed_in
from tests.studies import add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db
NS = {"d": ddi.NAMESPACE}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MONDAY = datetime.date(2026, 11, 23)
# The order in which the standard's schema lets children stand, for the elements that we write.
ORDER = {
    "codeBook": ["docDscr", "stdyDscr", "fileDscr", "dataDscr"],
    "citation": ["titlStmt", "prodStmt", "verStmt"],
    "titlStmt": ["titl", "IDNo"],
    "verStmt": ["version", "notes"],
    "stdyDscr": ["citation", "stdyInfo", "method", "dataAccs"],
    "stdyInfo": ["abstract", "sumDscr", "notes"],
    "sumDscr": ["collDate", "nation", "dataKind"],
    "dataColl": ["sampProc", "collMode"],
    "fileDscr": ["fileTxt", "notes"],
    "fileTxt": ["fileCont", "dimensns", "fileType"],
    "dataDscr": ["varGrp", "var", "notes"],
    "varGrp": ["labl"],
    "var": ["labl", "qstn", "valrng", "invalrng", "universe", "catgry", "concept", "varFormat", "notes"],
    "qstn": ["preQTxt", "qstnLit", "ivuInstr"],
    "catgry": ["catValu", "labl"],
}
LEAVES = {
    *("titl", "IDNo", "software", "version", "notes", "abstract", "collDate", "nation", "dataKind", "sampProc"),
    *("collMode", "restrctn", "fileCont", "varQnty", "fileType", "labl", "preQTxt", "qstnLit", "ivuInstr", "range"),
    *("universe", "concept", "varFormat", "catValu"),
}
WRAPPERS = {
    "docDscr": ["citation"],
    "prodStmt": ["software"],
    "method": ["dataColl"],
    "dataAccs": ["useStmt"],
    "useStmt": ["restrctn"],
    "dimensns": ["varQnty"],
    "valrng": ["range"],
    "invalrng": ["range"],
}


@pytest.fixture
def edition(version: Version) -> Edition:
    return edition_of(Version.objects.select_related("study").get(pk=version.pk))


@pytest.fixture
def egypts(version: Version) -> Edition:
    found = Version.objects.select_related("study").get(pk=version.pk)
    return edition_of(found, Fieldwork("EG", True, MONDAY, None, ("survey", "interview"), MONDAY))


def tree(edition: Edition) -> etree._Element:
    return etree.fromstring(ddi.render(edition))


def texts(root: etree._Element, path: str) -> list[tuple[str, str]]:
    return [(one.get(LANG, ""), one.text or "") for one in root.xpath(path, namespaces=NS)]


# For archives ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["edition", "egypts"])
def test_elements_stand_where_the_standard_wants_them(which: str, request: pytest.FixtureRequest) -> None:
    root = tree(request.getfixturevalue(which))
    for element in root.iter():
        name, inside = etree.QName(element).localname, [etree.QName(child).localname for child in element]
        if name in LEAVES:
            assert inside == []
            continue
        order = {**ORDER, **WRAPPERS}[name]
        assert set(inside) <= set(order), name
        assert inside == sorted(inside, key=order.index), name
    assert root.get("version") == "2.5"
    numbers = root.xpath("//@ID")
    assert len(set(numbers)) == len(numbers)
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]*", number) for number in numbers)
    referred = " ".join(root.xpath("//@var | //@files")).split()
    assert set(referred) <= set(numbers)


def test_a_variable_is_told_with_question_codes_and_missing_ones_in_every_language(edition: Edition) -> None:
    root = tree(edition)
    assert root.xpath("//d:var/@name", namespaces=NS) == [column.name for column in edition.columns]
    training = "//d:var[@name='training']"
    assert texts(root, f"{training}/d:qstn/d:qstnLit") == [
        ("en", "Have you had training?"),
        ("ar", "Have you had training?"),
    ]
    codes = root.xpath(f"{training}/d:catgry/d:catValu/text()", namespaces=NS)
    assert codes == ["0", "1", "-1", "-2", "-3", "-4", "-5"]
    missing = root.xpath(f"{training}/d:catgry[@missing='Y']/@missType", namespaces=NS)
    assert missing == ["blank", "prefer_not", "dont_know", "not_applicable", "not_asked"]
    assert texts(root, f"{training}/d:catgry[2]/d:labl") == [("en", "yes"), ("ar", "yes")]
    assert root.xpath("//d:var[@name='age']/d:valrng/d:range/@max", namespaces=NS) == ["120"]
    assert set(root.xpath("//d:invalrng/d:range/@min", namespaces=NS)) == {"-5"}
    assert texts(root, "//d:var[@name='assess']/d:qstn/d:preQTxt")[0] == ("en", "How often do you do this?")
    assert texts(root, "//d:var[@name='assess']/d:concept")[0] == ("en", "Security")
    assert texts(root, "//d:var[@name='trainings']/d:universe")[0] == ("en", "Only if training = “yes”")
    assert texts(root, "//d:var[@name='work_paid']/d:notes") == [("", "work/paid")]


def test_groups_are_sections_batteries_and_several_answers(edition: Edition) -> None:
    groups = {one.get("ID"): (one.get("type"), one.get("var")) for one in tree(edition).iterfind(".//d:varGrp", NS)}
    assert groups == {
        "G_about": ("section", "V_gender V_age"),
        "G_security": (
            "section",
            "V_assess V_manage V_training V_trainings V_work_paid V_work_unpaid V_work_none",
        ),
        "M_work": ("multipleResp", "V_work_paid V_work_unpaid V_work_none"),
        "B_practices": ("grid", "V_assess V_manage"),
    }


def test_a_files_own_codebook_says_where_and_when_it_was_collected(edition: Edition, egypts: Edition) -> None:
    general, own = tree(edition), tree(egypts)
    assert general.xpath("//d:nation/@abbr", namespaces=NS) == ["KE", "KE", "EG", "EG"]
    assert general.xpath("//d:collDate | //d:collMode", namespaces=NS) == []
    assert own.xpath("//d:nation/@abbr", namespaces=NS) == ["EG", "EG"]
    assert own.xpath("//d:collDate/@date", namespaces=NS) == ["2026-11-23"]
    assert texts(own, "//d:collMode")[0] == ("en", "survey, interview")
    assert texts(own, "//d:stdyDscr//d:titl") == [("en", "SYNTHETIC: Survey")]
    assert texts(own, "//d:abstract")[0][1].startswith("SYNTHETIC: made-up data")


def test_free_texts_are_named_as_left_out(edition: Edition) -> None:
    root = tree(edition)
    assert root.xpath("//d:var[@name='secure']", namespaces=NS) == []
    left = root.xpath("//d:dataDscr/d:notes[@subject='secure: left out']", namespaces=NS)
    assert [one.text for one in left] == ["What makes you feel secure?"] * 2


def test_the_same_version_makes_the_same_bytes(edition: Edition) -> None:
    assert ddi.render(edition) == ddi.render(edition)
    assert page.standalone(edition, "ar") == page.standalone(edition, "ar")


# To read --------------------------------------------------------------------------------------------------------------


def test_the_readable_one_has_questions_codes_routes_and_what_is_left_out(edition: Edition) -> None:
    html = page.body(edition, "en")
    for words in (
        "What is your gender?",
        "How often do you do this?",
        "Only if training = “yes”",
        "work_paid",
        "work/paid",
        "15–120",
        "−5",
        ".e",
        "Left out of every data file",
    ):
        assert words in html, words
    assert edition.hashes["instrument"] in html
    assert 'lang="en" dir="ltr"' in html
    assert 'lang="ar" dir="rtl"' in page.body(edition, "ar")


def test_a_label_that_is_cut_is_whole_here(edition: Edition) -> None:
    assert "too long for" not in page.body(edition, "en")
    question = "Have you ever had any training about this? " * 3
    protocol = w.protocol(w.group("one", w.one("training", "yesno", label=question.strip())), w.YES_NO)
    html = page.body(replace(edition, protocol=protocol, layout=layout_of(protocol)), "en")
    assert question.strip() in html
    assert "Labels are too long for Stata and end in “…” there." in html


def test_the_file_to_keep_fetches_nothing_and_runs_nothing(egypts: Edition) -> None:
    html = page.standalone(egypts, "ar").decode()
    assert html.startswith('<!doctype html>\n<html lang="ar" dir="rtl">')
    assert "<title>SYNTHETIC" in html
    assert re.findall(r'<script|<link|<img|\ssrc=|\shref="[^#]|url\(|@import|\sstyle=|\son[a-z]+=', html) == []
    assert html.count("<style>") == 1


# Pages ----------------------------------------------------------------------------------------------------------------


def desk_of(role: str, version: Version, country: str = "") -> Client:
    return signed_in(Client(), make_staff(f"{role}-{country}", role, site_of(version, country) if country else None))


def test_all_staff_of_the_study_read_it_and_nobody_else(desk: Client, version: Version) -> None:
    other = publish_small("other")
    egypts = desk_of(Role.Name.RESEARCHER, version, "EG")
    stranger = signed_in(Client(), make_staff("stranger", Role.Name.RESEARCHER, site_of(other, "KE")))
    for place in (reverse("codebook", args=["small"]), reverse("codebook-file", args=["small", "xml"])):
        assert [one.get(place).status_code for one in (desk, egypts, stranger)] == [200, 200, 404]


def test_languages_versions_and_kinds_are_the_studys(desk: Client, version: Version) -> None:
    place = reverse("codebook", args=["small"])
    assert 'dir="rtl"' in desk.get(f"{place}?language=ar").content.decode()
    assert desk.get(f"{place}?version=1").status_code == 200
    for wrong in (f"{place}?language=fr", f"{place}?version=2", f"{place}?version=x", f"{place}pdf/"):
        assert desk.get(wrong).status_code == 404


@pytest.mark.parametrize(
    ("kind", "start"), [("html", b"<!doctype html>"), ("xml", b"<?xml"), ("csv", b"\xef\xbb\xbfvariable,")]
)
def test_a_file_to_keep_of_each_kind(desk: Client, version: Version, kind: str, start: bytes) -> None:
    got = desk.get(reverse("codebook-file", args=["small", kind]) + "?language=en")
    assert got.content.startswith(start)
    assert got["Content-Disposition"] == f'attachment; filename="codebook-small-1-en.{kind}"'


def test_a_cohorts_page_leads_to_the_codebook_of_its_version(desk: Any, version: Version) -> None:
    cohort = add_cohort(site_of(version, "KE"), version, size=2)
    amina = desk_of(Role.Name.RESEARCHER, version, "KE")
    got = amina.get(reverse("cohort-codebook", args=[cohort.site_id, cohort.pk]))
    assert (got.status_code, got["Location"]) == (303, "/desk/studies/small/codebook/?version=1")
