"""What may be printed of a person: never less than three people fit it, and never coarser than it has to be."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from survey.attribution import NOTHING, Attribution, Registry

LAND = Attribution(("land",), ("oaxaca",), "", "2015-08")
people = st.builds(
    Attribution,
    issues=st.lists(st.sampled_from(["land", "women", "health"]), unique=True, max_size=3).map(tuple),
    regions=st.lists(st.sampled_from(["oaxaca", "puebla"]), unique=True, max_size=2).map(tuple),
    descriptor=st.sampled_from(["", "", "teacher"]),
    when=st.sampled_from(["", "2015-08", "2015-09", "2016-01"]),
)


def fits(person: Attribution, said: Attribution) -> bool:
    """The slow and obvious rule: everything that is said is true of the person."""
    return (
        set(said.issues) <= set(person.issues)
        and set(said.regions) <= set(person.regions)
        and said.descriptor in ("", person.descriptor)
        and person.when.startswith(said.when)
    )


def said_of(person: Attribution, *others: Attribution) -> Attribution:
    return Registry([person, *others]).attribution(person)


def test_three_who_are_alike_are_described_in_full() -> None:
    assert said_of(LAND, LAND, LAND) == LAND


def test_two_who_are_alike_are_only_participants() -> None:
    assert said_of(LAND, LAND) == NOTHING


def test_first_the_descriptor_goes_then_the_region() -> None:
    teacher = Attribution(("land",), ("oaxaca",), "teacher", "2015-08")
    assert said_of(teacher, LAND, LAND) == LAND
    elsewhere = Attribution(("land",), ("puebla",), "", "2015-08")
    assert said_of(teacher, LAND, elsewhere) == Attribution(("land",), (), "", "2015-08")


def test_then_the_issues_that_fewest_share() -> None:
    both = Attribution(("land", "women"), (), "", "2015-08")
    assert said_of(both, LAND, LAND) == Attribution(("land",), (), "", "2015-08")


def test_then_the_month_becomes_the_year_and_then_nothing_is_said() -> None:
    later = Attribution(("land",), (), "", "2015-11")
    assert said_of(later, LAND, LAND) == Attribution(("land",), (), "", "2015")
    next_year = Attribution(("land",), (), "", "2016-11")
    assert said_of(next_year, LAND, LAND) == NOTHING


def test_somebody_of_whom_more_is_known_fits_what_is_said_of_others() -> None:
    more = Attribution(("land", "health", "women"), ("oaxaca", "puebla"), "teacher", "2015-08")
    assert Registry([LAND, more, more]).fitting(LAND) == 3


def test_what_is_left_out_names_nobody_either() -> None:
    """Three in Oaxaca and one in Chiapas: a fourth sentence without a region would be that one person."""
    chiapas = replace(LAND, regions=("chiapas",))
    registry = Registry([LAND, LAND, LAND, chiapas])
    assert registry.fitting(replace(LAND, regions=())) == 4
    assert (registry.attribution(LAND), registry.attribution(chiapas)) == (LAND, NOTHING)


def test_the_order_of_the_registry_changes_nothing() -> None:
    one, two = Attribution(("land", "women"), (), "", ""), Attribution(("women", "land"), (), "", "")
    forth = Registry([one, two, LAND, Attribution(("women",), (), "", "")])
    back = Registry([Attribution(("women",), (), "", ""), LAND, two, one])
    assert forth.attribution(one) == back.attribution(one)


@given(st.lists(people, max_size=12))
def test_whatever_the_registry_every_attribution_fits_three_or_says_nothing(registry: list[Attribution]) -> None:
    counted = Registry(registry)
    for person in registry:
        said = counted.attribution(person)
        fitting = sum(fits(other, said) for other in registry)
        assert fits(person, said)
        assert counted.fitting(said) == fitting
        assert fitting >= 3 or said == NOTHING


def meaning(said: Attribution) -> object:
    return set(said.issues), set(said.regions), said.descriptor, said.when


@given(st.lists(people, max_size=12))
def test_whatever_is_printed_is_printed_of_three_people(registry: list[Attribution]) -> None:
    counted = Registry(registry)
    printed = [counted.attribution(person) for person in registry]
    for said in printed:
        alike = [one for one in printed if meaning(one) == meaning(said)]
        assert said == NOTHING or len(alike) >= 3


@given(st.lists(people, max_size=12))
def test_each_step_says_less_than_the_one_before(registry: list[Attribution]) -> None:
    counted = Registry(registry)
    for person in registry:
        for finer, coarser in pairwise(counted.steps(person)):
            assert all(fits(other, coarser) for other in registry if fits(other, finer))
