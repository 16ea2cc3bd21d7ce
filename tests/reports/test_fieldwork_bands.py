"""What is said of answers before the cut: so coarse that one person's answers cannot be told from it."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import bands, snapshot
from reports.bands import Fill, Share
from reports.snapshot import Wanted
from survey.protocol.record import layout_of
from survey.protocol.schema import Missing
from tests import workbooks as w
from tests.reports.responses import coded, people

PROTOCOL = w.protocol(
    [
        *w.group(
            "all",
            w.one("sex", "sex"),
            w.integer("age", 15, 300),
            w.many("ways", "ways"),
            w.group("habits", *[w.one(f"habit{n}", "often") for n in range(4)], appearance="field-list"),
        )
    ],
    [*w.SEX, *w.choices("ways", "paid", "unpaid", none=True), *w.choices("often", "never", "often", "always")],
)
LAYOUT = layout_of(PROTOCOL)
HABITS = {f"habit{n}": "often" for n in range(4)}
WOMEN = Wanted("sex", "woman", None, None, 20)
SHARES, FILLS = list(Share), list(Fill)


def coded_matrix(*sheets):
    records = b"".join(coded(PROTOCOL, list(sheets)))
    return np.frombuffer(records, dtype=np.uint8).reshape(-1, LAYOUT.length)


def taken(*sheets, quotas=(WOMEN,), alike=0):
    return snapshot.take(coded_matrix(*sheets), layout=LAYOUT, protocol=PROTOCOL, quotas=quotas, alike=alike)


@pytest.mark.parametrize(
    ("k", "n", "band"),
    [
        (9, 9, None),
        (0, 10, "under10"),
        (1, 10, "from10"),
        (24, 100, "from10"),
        (25, 100, "from25"),
        (49, 100, "from25"),
        (50, 100, "from50"),
        (100, 100, "from50"),
    ],
)
def test_shares_are_told_in_bands_of_at_least_ten_people(k, n, band):
    assert bands.share(k, n) == band


@pytest.mark.parametrize(
    ("k", "target", "band"),
    [
        (0, 20, "few"),
        (4, 20, "few"),
        (5, 20, "under-half"),
        (10, 20, "over-half"),
        (19, 20, "over-half"),
        (20, 20, "reached"),
        (45, 50, "nearly"),
        (49, 50, "nearly"),
        (50, 50, "reached"),
        (4, 4, "few"),
    ],
)
def test_quotas_are_filled_by_fives(k, target, band):
    assert bands.fill(k, target) == band


@given(st.integers(10, 10_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))), st.booleans())
def test_one_person_more_moves_a_share_by_one_band_at_most(pair, counted):
    n, k = pair
    before, after = bands.share(k, n), bands.share(k + counted, n + 1)
    assert abs(SHARES.index(before) - SHARES.index(after)) <= 1


@given(st.integers(0, 2_000), st.integers(1, 1_000))
def test_one_person_more_moves_a_quota_to_its_next_band_at_most_and_one_time_in_five(k, target):
    within_reach = sorted({FILLS.index(bands.fill(five, target)) for five in range(0, k + 10, 5)})
    before, after = (within_reach.index(FILLS.index(bands.fill(people, target))) for people in (k, k + 1))
    assert after - before in ((0, 1) if (k + 1) % 5 == 0 else (0,))


def test_under_ten_people_there_is_nothing():
    assert taken(*people(9, sex="woman", **HABITS)) == {"base": 0}


def test_what_is_said_can_be_checked_by_eye():
    # 20 people: 12 women, 8 men of whom 3 would rather not say their age and 2 leave it blank; 6 habits all alike.
    sheets = [
        *people(6, sex="woman", age=30, **HABITS),
        *people(6, sex="woman", age=40, **{**HABITS, "habit3": "never"}),
        *people(3, sex="man", age="prefer_not", ways=("paid",), **{**HABITS, "habit3": "never"}),
        *people(2, sex="man", **{**HABITS, "habit0": "never"}),
        *people(3, sex="man", age=41, **{**HABITS, "habit0": "never"}),
    ]
    quotas = [WOMEN, Wanted("age", "", 35, 45, 10), Wanted("ways", "paid", None, None, 10)]
    found = taken(*[_declined(sheet) for sheet in sheets], quotas=quotas, alike=4)
    assert found["base"] == 20
    assert found["questions"]["age"] == {"base": 20, "blank": "from10", "declined": "from10"}
    assert found["questions"]["sex"] == {"base": 20, "blank": "under10", "declined": "under10"}
    assert found["batteries"] == {"habits": {"base": 20, "straight": "from25"}}
    assert [quota["fill"] for quota in found["quotas"]] == ["over-half", "over-half", "few"]
    assert found["alike"] == "from10"


def _declined(sheet):
    return {name: Missing.PREFER_NOT if answer == "prefer_not" else answer for name, answer in sheet.items()}


ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "sex": st.sampled_from(["woman", "man"]),
        "age": st.integers(15, 300),
        **{name: st.sampled_from(["never", "often"]) for name in HABITS},
    },
)


@given(st.lists(ANSWERS, min_size=10, max_size=24), ANSWERS)
def test_snapshots_that_differ_by_one_response_differ_by_one_band_at_most(sheets, one_more):
    before, after = taken(*sheets), taken(*sheets, one_more)
    for name, question in before["questions"].items():
        for reason in ("blank", "declined"):
            places = [SHARES.index(found[reason]) for found in (question, after["questions"][name])]
            assert abs(places[0] - places[1]) <= 1
    assert after["base"] - before["base"] in (0, 5)
    # And what is stored after the second look is mostly the first one.
    stored = snapshot.renewed(json.loads(json.dumps(before)), after)
    assert stored == (after if (len(sheets) + 1) % 5 == 0 else before)


def test_a_changed_quota_is_not_known_until_more_people_have_answered():
    before = taken(*people(10, sex="woman", age=20), *people(4, sex="man", age=20))
    after = taken(*people(10, sex="woman", age=20), *people(3, sex="man"), quotas=[Wanted("sex", "man", None, None, 4)])
    stored = snapshot.renewed(before, after)
    assert stored["questions"] == before["questions"] != after["questions"]
    assert [one["fill"] for one in stored["quotas"]] == ["unknown"]
    later = taken(*people(10, sex="woman", age=20), *people(5, sex="man"), quotas=[Wanted("sex", "man", None, None, 4)])
    assert snapshot.renewed(stored, later)["quotas"] == later["quotas"]


def test_leaving_out_and_putting_back_renew_nothing():
    before = taken(*people(15, sex="woman"))
    matrix = coded_matrix(*people(14, sex="man"))
    without = snapshot.take(matrix, layout=LAYOUT, protocol=PROTOCOL, quotas=(WOMEN,), alike=0, left_out=1)
    assert without["base"] == 15
    assert snapshot.renewed(before, without) == before


def test_nothing_that_is_stored_is_finer_than_a_band():
    found = taken(*people(23, sex="woman", age=41, **HABITS))
    allowed = {*SHARES, *FILLS}

    def fine(value):
        if isinstance(value, dict):
            return all(fine(one) for name, one in value.items() if name not in ("question", "choice", "target"))
        if isinstance(value, list):
            return all(fine(one) for one in value)
        return value is None or value in allowed or (isinstance(value, int) and value % 5 == 0)

    assert fine(found)
