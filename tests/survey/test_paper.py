"""The questionnaire on paper: the same questions, numbered, with routes in words; for staff only."""

import pytest
from django.test import Client

from survey.models import Version
from survey.paper import Paper
from survey.protocol.expressions import parse
from survey.publishing import protocol_of
from tests.factories import make_staff, signed_in
from tests.studies import publish_small, site_of

pytestmark = pytest.mark.django_db
ADDRESS = "/desk/studies/small/paper/"


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def paper(version: Version) -> Paper:
    return Paper(protocol_of(version.pk), "KE", "en")


def test_questions_are_numbered_through_and_batteries_are_grids(paper: Paper) -> None:
    numbers = [[line.number for block in part.blocks for line in block.lines] for part in paper.parts()]
    assert numbers == [[1, 2], [3, 4, 5, 6, 7, 8]]
    grid = paper.parts()[1].blocks[0]
    assert (grid.is_grid, grid.stem) == (True, "How often do you do this?")
    assert [(option.key, option.label) for option in grid.options] == [
        (1, "never"),
        (2, "often"),
        (3, "always"),
        (4, "prefer_not"),
    ]


def test_a_route_names_the_question_by_its_number_and_the_answer_by_its_words(paper: Paper) -> None:
    lines = {line.number: line.route for part in paper.parts() for block in part.blocks for line in block.lines}
    assert lines[6] == "Only if 5 = “yes”"
    assert lines[5] == ""


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("not(${training} = 'yes')", "5 ≠ “yes”"),
        ("${training} = 'yes' and ${age} >= 18", "5 = “yes” and 2 ≥ 18"),
        ("not(${training} = 'yes' and ${age} >= 18)", "5 ≠ “yes” or 2 < 18"),
        ("selected(${work}, 'paid') or ${training} != 'no'", "7 = “paid” or 5 ≠ “no”"),
        ("${age} + 1 > 3", "the interviewer says so"),
    ],
)
def test_conditions_read_as_numbers_and_answers(paper: Paper, condition: str, words: str) -> None:
    assert "".join(paper._words(parse(condition).node)) == words


def test_only_staff_print_and_only_what_a_country_offers(client: Client, version: Version) -> None:
    assert client.get(ADDRESS).status_code == 302
    signed_in(client, make_staff("researcher", "researcher", site_of(version, "KE")))
    assert "العربية" in client.get(ADDRESS).content.decode()
    arabic = client.get(f"{ADDRESS}EG/ar/").content.decode()
    assert '<html lang="ar" dir="rtl">' in arabic
    assert "اترك فارغًا أي سؤال" in arabic
    for missing in ("KE/ar/", "XX/en/", "EG/xx/"):
        assert client.get(ADDRESS + missing).status_code == 404


def test_staff_without_a_role_find_nothing(client: Client, version: Version) -> None:
    signed_in(client, make_staff("administrator", "administrator"))
    assert client.get(ADDRESS).status_code == 404
