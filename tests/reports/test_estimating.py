"""How long a comparison may still take: from what was measured, coarse, and nothing where nobody can say."""

import pytest

from reports.estimating import Awaited, Known, estimate, in_words

MINUTE = Known(cohort=1, answers=1000, seconds=60.0)


def waiting(cohort: int = 1) -> Awaited:
    return Awaited(cohort, elapsed=0.0, running=False)


def running(elapsed: float, cohort: int = 1) -> Awaited:
    return Awaited(cohort, elapsed=elapsed, running=True)


def test_without_anything_measured_nothing_is_said() -> None:
    assert estimate([], [waiting()]) is None
    assert estimate([Known(1, 0, 0.1)], [waiting()]) is None


def test_a_cohort_is_expected_to_take_as_long_as_it_took_before() -> None:
    assert estimate([MINUTE, Known(2, 10, 1.0)], [waiting()]) == 60
    assert estimate([MINUTE, Known(2, 10, 1.0)], [running(45)]) == 15


def test_a_new_cohort_is_expected_to_take_as_long_as_the_middle_one() -> None:
    assert estimate([Known(2, 10, 1.0), MINUTE, Known(3, 9000, 500.0)], [waiting(cohort=9)]) == 60


def test_what_is_counted_side_by_side_ends_together() -> None:
    assert estimate([MINUTE], [running(0), running(0)]) == 60
    assert estimate([MINUTE], [waiting(), waiting()]) == 120


def test_a_count_that_takes_a_little_longer_is_nearly_there_and_one_that_hangs_is_not_guessed_at() -> None:
    assert estimate([MINUTE], [running(90)]) == 0
    assert estimate([MINUTE], [running(191)]) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "less than a minute"),
        (44, "less than a minute"),
        (45, "about 1 minute"),
        (150, "about 3 minutes"),
        (1380, "about 25 minutes"),
        (5400, "about 90 minutes"),
        (9000, "more than an hour and a half"),
    ],
)
def test_the_longer_it_is_the_coarser_the_words(seconds: int, text: str) -> None:
    assert in_words(seconds) == text
