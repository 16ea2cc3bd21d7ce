"""Disclosure control at both sides of the threshold, and an auditor who knows the rule and every group's size."""

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.disclosure import (
    Policy,
    Printable,
    merged_classes,
    part_fits,
    split_mean,
    split_total_or_nothing,
)
from reports.tabulation import Count, Spread

FIVE = Policy(5)


@pytest.mark.parametrize(
    ("k", "n", "fit"),
    [(4, 20, False), (5, 20, True), (15, 20, True), (16, 20, False), (5, 10, True), (5, 9, False), (0, 0, False)],
)
def test_a_count_is_fit_when_both_sides_reach_the_threshold(k, n, fit):
    assert FIVE.fit(Count(k, n)) is fit
    assert FIVE.fit_or_empty(Count(k, n)) is (fit or n == 0)


@pytest.mark.parametrize("threshold", [2, 1, 0, -5])
def test_the_floor_is_not_negotiable(threshold):
    with pytest.raises(ValueError, match="never under 3"):
        Policy(threshold)


@pytest.mark.parametrize(
    ("spread", "fit"),
    [
        (Spread(100, 9, 1, 20), False),
        (Spread(100, 10, 1, 20), True),
        (Spread(100, 10, 10, 10), False),  # everybody says 10: the mean says it of each
        (Spread(0, 0), False),
    ],
)
def test_a_mean_needs_ten_people_who_differ(spread, fit):
    assert FIVE.fit_mean(spread) is fit
    assert Policy(12).fit_mean(Spread(100, 11, 1, 20)) is False


@pytest.mark.parametrize(
    ("blocks", "total", "printed"),
    [
        ({"man": (5, 10), "woman": (5, 10)}, (10, 20), "man woman"),
        ({"man": (4, 10), "woman": (5, 10)}, (9, 20), ""),
        ({"man": (6, 10), "woman": (5, 10)}, (11, 20), ""),  # four men say no
        ({"man": (5, 10), "woman": (5, 10), "unstated": (0, 0)}, (10, 20), "man woman unstated"),
        ({"man": (5, 10), "woman": (5, 10), "unstated": (0, 1)}, (10, 21), ""),
        ({"man": (1, 10), "woman": (3, 10)}, None, ""),
        ({"man": (10, 10), "woman": (6, 10)}, None, ""),
        ({"man": (0, 0), "woman": (0, 0)}, None, ""),
        ({"": (5, 10)}, (5, 10), ""),
    ],
)
def test_split_total_or_nothing(blocks, total, printed):
    counts = {name: Count(*count) for name, count in blocks.items()}
    expected = {name: count for name, count in counts.items() if name in printed.split()}
    assert split_total_or_nothing(counts, FIVE) == Printable(total and Count(*total), expected)


@pytest.mark.parametrize(
    ("woman", "printed"),
    [(Spread(30, 10, 1, 9), "man woman"), (Spread(30, 9, 1, 9), ""), (Spread(0, 0), "man woman")],
)
def test_means_follow_the_same_rule(woman, printed):
    man = Spread(50, 12, 0, 9)
    found = split_mean({"man": man, "woman": woman}, FIVE)
    assert (found.total, set(found.blocks)) == (man + woman, set(printed.split()))


# The auditor ----------------------------------------------------------------------------------------------------------


def weakest(sizes, policy, release):
    """Over everything that can be printed: the fewest counts that a hidden block or total may still have.

    Each is measured against what must be left: t counts, or as many as so few people can have. Where the total is
    printed, a block can be no less certain than all the others together.
    """
    views = defaultdict(list)
    for ks in product(*(range(size + 1) for size in sizes)):
        printed = release({str(place): Count(k, sizes[place]) for place, k in enumerate(ks)}, policy)
        views[printed.total, tuple(printed.blocks.items())].append(ks)
    everybody, found = sum(sizes), []
    for (total, blocks), possible in views.items():
        for place in {str(place) for place in range(len(sizes))} - {name for name, _ in blocks}:
            own = sizes[int(place)]
            others = everybody - own if total else policy.threshold
            left = len({ks[int(place)] for ks in possible})
            found.append(left - min(policy.threshold, own + 1, others + 1))
        if total is None:
            found.append(len({sum(ks) for ks in possible}) - min(policy.threshold, everybody + 1))
    return min(found, default=0)


def judged_alone(blocks, policy):
    """The usual suppression: every cell that is fit by itself is printed."""
    total = Count(sum(count.k for count in blocks.values()), sum(count.n for count in blocks.values()))
    return Printable(
        total if policy.fit(total) else None, {name: count for name, count in blocks.items() if policy.fit(count)}
    )


def test_two_blocks_of_up_to_fourteen_people_keep_as_many_candidates_as_the_threshold():
    for threshold in (3, 5):
        for sizes in product(range(15), repeat=2):
            assert weakest(sizes, Policy(threshold), split_total_or_nothing) >= 0, (threshold, sizes)


def test_three_blocks_of_which_one_is_small_keep_them_too():
    for sizes in product((0, 6, 8), (3, 7, 8), range(4)):
        assert weakest(sizes, Policy(3), split_total_or_nothing) >= 0, sizes


def test_the_auditor_finds_what_judging_cells_alone_gives_away():
    assert weakest((10, 10), FIVE, judged_alone) == 1 - 5  # all less the men is the women: one candidate of five


# Distributions, parts, boxes, later cuts ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "classes"),
    [
        ({"a": 5, "b": 5}, [("a",), ("b",)]),
        ({"a": 4, "b": 5, "c": 10}, [("a", "b"), ("c",)]),
        ({"a": 10, "b": 0, "c": 10}, [("a", "b"), ("c",)]),
        ({"a": 2, "b": 20, "c": 3}, [("a", "c"), ("b",)]),
        ({"a": 1, "b": 1, "c": 1, "d": 20}, ()),
        ({"a": 4, "b": 20}, ()),
        ({"a": 20}, ()),
        ({"a": 0, "b": 0}, ()),
        ({}, ()),
    ],
)
def test_the_smallest_classes_are_merged(counts, classes):
    assert merged_classes(counts, FIVE) == tuple(classes)


def test_classes_that_only_one_size_of_a_choice_makes_are_not_printed():
    # That a and b are merged, and not b and c, is so only where b has 4 and a comes before c with as many as c.
    assert merged_classes({"a": 10, "c": 10, "b": 4}, FIVE) == ()
    assert merged_classes({"a": 10, "c": 14, "b": 4}, FIVE) == (("a", "b"), ("c",))


def everything_possible(classes, counts, policy):
    """Every distribution of as many people that is printed as the same classes, by brute force."""
    names, base = list(counts), sum(counts.values())
    sizes = {own: sum(counts[name] for name in own) for own in classes}
    for people in product(range(base + 1), repeat=len(names) - 1):
        rest = base - sum(people)
        if rest < 0:
            continue
        other = dict(zip(names, (*people, rest), strict=True))
        same = all(sum(other[name] for name in own) == size for own, size in sizes.items())
        if same and merged_classes(other, policy) == classes:
            yield other


def test_who_knows_the_rule_and_the_classes_knows_no_size_of_a_merged_choice():
    policy = Policy(3)
    for people in product(range(8), repeat=3):
        counts = dict(zip("abc", people, strict=True))
        classes = merged_classes(counts, policy)
        if any(len(own) > 1 for own in classes):
            possible = list(everything_possible(classes, counts, policy))
            for name in (name for own in classes if len(own) > 1 for name in own):
                assert len({other[name] for other in possible}) > 1, (counts, classes, name)


@given(st.lists(st.integers(0, 30), max_size=8), st.integers(3, 8))
def test_merged_classes_are_a_partition_into_fit_classes_or_nothing(people, threshold):
    counts, policy = {f"c{place}": number for place, number in enumerate(people)}, Policy(threshold)
    classes = merged_classes(counts, policy)
    if classes:
        assert sorted(name for names in classes for name in names) == sorted(counts)
        assert all(policy.fit(Count(sum(counts[name] for name in names), sum(people))) for names in classes)
        assert len(classes) > 1
        order = list(counts)
        assert classes == tuple(sorted(classes, key=lambda names: order.index(names[0])))
    if counts and len(counts) > 1 and all(policy.fit(Count(number, sum(people))) for number in people):
        assert classes == tuple((name,) for name in counts)


@pytest.mark.parametrize(
    ("part", "parent", "fits"),
    [((5, 40), (10, 40), True), ((4, 40), (10, 40), False), ((6, 40), (10, 40), False), ((12, 40), (10, 40), False)],
)
def test_a_part_is_judged_within_its_parent(part, parent, fits):
    assert part_fits(Count(*part), Count(*parent), FIVE) is fits
