"""Where a participant stands: pages off the route do not exist, wherever the route was closed."""

from collections.abc import Mapping

import pytest

from survey.drafts import Sheet
from survey.journey import Journey
from survey.models import Version
from survey.protocol.schema import Answer
from survey.publishing import publish
from tests import workbooks as w
from tests.roles import acting_as
from tests.studies import MONDAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> Version:
    """Four pages; the second and third hang on the first, one through the other."""
    book = w.workbook(
        [
            *w.group("a", w.one("job", "yesno")),
            *w.group("b", w.one("risky", "yesno"), relevant="${job} = 'yes'"),
            *w.group("c", w.one("often", "yesno"), relevant="${risky} = 'yes'"),
            *w.group("d", w.one("last", "yesno"), w.one("more", "yesno", relevant="${last} = 'yes'")),
        ]
    )
    with acting_as("survey_owner"):
        return publish(workbook=book, on=MONDAY)


def at(version: Version, place: int, **answers: str) -> Journey:
    given: Mapping[str, Answer] = answers
    return Journey(
        Sheet(
            site_id=1,
            cohort_id=1,
            version_id=version.pk,
            country="KE",
            language="en",
            revision=0,
            place=place,
            answers=given,
            receipt="",
        )
    )


def went(journey: Journey, action: str, **typed: str) -> int:
    return journey.after(journey.form(typed), action, "").place


def test_next_and_back_pass_over_pages_off_the_route(version: Version) -> None:
    assert went(at(version, 0), "next", job="no") == 3
    assert went(at(version, 0), "next", job="yes") == 1
    assert went(at(version, 3, job="no"), "back", last="no") == 0
    assert went(at(version, 3, job="yes", risky="no"), "back", last="no") == 1
    assert went(at(version, 0), "back", job="yes") == 0


def test_a_changed_answer_closes_what_hung_on_what_hung_on_it(version: Version) -> None:
    answers = {"job": "yes", "risky": "yes", "often": "yes", "last": "no"}
    assert went(at(version, 0, **answers), "next", job="no") == 3
    assert [line.label for _, lines in at(version, 4, **{**answers, "job": "no"}).review() for line in lines] == [
        "job?",
        "last?",
    ]


def test_a_place_off_the_route_leads_to_the_next_page_on_it(version: Version) -> None:
    assert [at(version, place).place for place in (-5, 0, 1, 2, 3, 4, 99)] == [0, 0, 3, 3, 3, 4, 4]


def test_a_follow_up_on_the_same_page_is_asked_before_going_on(version: Version) -> None:
    assert went(at(version, 3), "next", last="yes") == 3
    assert went(at(version, 3), "review", last="yes") == 3
    assert went(at(version, 3, last="yes"), "next", last="yes", more="no") == 4


def test_reaching_the_review_is_remembered(version: Version) -> None:
    journey = at(version, 3)
    reached = journey.after(journey.form({"last": "no"}), "next", "")
    assert (reached.place, reached.reviewed) == (4, True)
    review = Journey(reached)
    assert review.after(review.form({}), "page-0", "").reviewed
