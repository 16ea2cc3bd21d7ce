"""Releases and comparisons: made once, right, whoever finishes last."""

from fractions import Fraction

import pytest
from django.db import DatabaseError, transaction

from reports import assembling, releasing, runs
from reports.models import Comparison, JobState, Release
from reports.table import SCALAR, TOTAL, Result, State
from survey.models import Cohort, Response, Site, Version
from survey.scope import site_scope, study_scope
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def version() -> Version:
    return publish_small()


@pytest.fixture
def sites(version: Version) -> list[Site]:
    both = [site_of(version, "KE"), site_of(version, "EG")]
    for site, size in zip(both, (60, 30), strict=True):
        add_cohort(site, version, size=size)
    return both


def begin(version: Version, sites: list[Site]) -> Comparison:
    return runs.start(version=version, sites=sites, tables=["one"], by="tester")


def finish(comparison: Comparison) -> Comparison:
    with acting_as("survey_worker"):
        for site_id, release_id in runs.unfinished_releases(comparison):
            releasing.make_release(site_id=site_id, release_id=release_id)
        return Comparison.objects.get(pk=comparison.pk)


def test_the_last_country_to_finish_assembles_the_comparison(version: Version, sites: list[Site]) -> None:
    comparison = begin(version, sites)
    states = []
    with acting_as("survey_worker"):
        for site_id, release_id in runs.unfinished_releases(comparison):
            releasing.make_release(site_id=site_id, release_id=release_id)
            states.append(Comparison.objects.get(pk=comparison.pk).state)
    assert states == [JobState.RUNNING, JobState.DONE]


def test_figures_are_the_ones_a_person_counts(version: Version, sites: list[Site]) -> None:
    result = Result.from_json(finish(begin(version, sites)).result)
    # 60 sheets, every third often: 20 of 60. 30 sheets: 10 of 30. Both a third, so is their average.
    kenya = result.indicator("practice.assess").cell("KE")
    assert kenya is not None
    assert (kenya.k, kenya.n, kenya.value) == (20, 60, Fraction(100, 3))
    assert result.indicator("practice.assess").averages["EG"] == {SCALAR: Fraction(100, 3)}
    # Every fourth trained, each of them twice: beside 15 of 60 who trained, a mean would tell everybody's number.
    mean = result.indicator("training.mean").cell("KE")
    assert mean is not None
    assert mean.state is State.TOO_FEW
    assert result.country("KE").respondents == 60


def test_all_trained_are_men_so_only_the_total_is_printed(version: Version, sites: list[Site]) -> None:
    result = Result.from_json(finish(begin(version, sites)).result)
    cells = result.indicator("training.any").cells["KE"]
    assert set(cells) == {TOTAL}
    assert cells[TOTAL][SCALAR].value == Fraction(100 * 15, 60)


def test_a_minimum_needs_a_sign_off(version: Version) -> None:
    kenya, egypt = site_of(version, "KE"), site_of(version, "EG")
    add_cohort(kenya, version)
    add_cohort(egypt, version, signed_off_by="Ethics lead")
    result = Result.from_json(finish(begin(version, [kenya, egypt])).result)
    states = {code: cells[TOTAL][SCALAR].state for code, cells in result.indicator("about.youngest").cells.items()}
    assert states == {"KE": State.NEEDS_SIGN_OFF, "EG": State.SHOWN}
    assert result.country("EG").signed_off_by == "Ethics lead"


def test_a_second_run_uses_the_same_releases_and_gives_the_same_figures(version: Version, sites: list[Site]) -> None:
    first = finish(begin(version, sites))
    again = begin(version, sites)
    assert runs.unfinished_releases(again) == []
    with acting_as("survey_worker"):
        assert assembling.assemble(comparison_id=again.pk)
        second = Comparison.objects.get(pk=again.pk)
        noted = [one.result["provenance"].pop("audit_head") for one in (first, second)]
        assert second.result == first.result
        assert len(set(noted)) == 2
        with study_scope(version.study_id):
            assert Release.objects.count() == 2


def test_making_a_release_twice_changes_nothing(version: Version, sites: list[Site]) -> None:
    comparison = begin(version, sites)
    parts = runs.unfinished_releases(comparison)
    done = finish(comparison)
    with acting_as("survey_worker"):
        for site_id, release_id in parts:
            releasing.make_release(site_id=site_id, release_id=release_id)
        assert Comparison.objects.get(pk=comparison.pk).result_hash == done.result_hash
        with study_scope(version.study_id):
            assert set(Release.objects.values_list("attempts", flat=True)) == {1}


def test_done_is_for_ever(version: Version, sites: list[Site]) -> None:
    comparison = finish(begin(version, sites))
    with acting_as("survey_owner"):
        with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
            Comparison.objects.filter(pk=comparison.pk).update(result_hash="0")
        with (
            pytest.raises(DatabaseError, match="never changes"),
            transaction.atomic(),
            study_scope(version.study_id),
        ):
            Release.objects.update(respondents=1)


def test_a_country_without_a_cut_is_named(version: Version) -> None:
    sites = [site_of(version, "KE"), site_of(version, "EG")]
    add_cohort(sites[0], version, size=5)
    add_cohort(sites[1], version, size=5, state=Cohort.State.OPEN)
    with pytest.raises(runs.RunError, match="EG") as caught:
        begin(version, sites)
    assert caught.value.code == "not-cut"


def test_synthetic_and_real_cohorts_never_mix(version: Version) -> None:
    kenya, egypt = site_of(version, "KE"), site_of(version, "EG")
    add_cohort(kenya, version, synthetic=True)
    add_cohort(egypt, version)
    with pytest.raises(runs.RunError) as caught:
        begin(version, [kenya, egypt])
    assert caught.value.code == "mixed"


@pytest.mark.parametrize(("countries", "tables", "code"), [([], ["one"], "no-country"), (["KE"], [], "no-table")])
def test_an_empty_choice_is_refused(
    version: Version, sites: list[Site], countries: list[str], tables: list[str], code: str
) -> None:
    chosen = [site for site in sites if site.country in countries]
    with pytest.raises(runs.RunError) as caught:
        runs.start(version=version, sites=chosen, tables=tables, by="tester")
    assert caught.value.code == code


def test_a_record_of_the_wrong_length_fails_visibly_and_can_be_tried_again(version: Version, sites: list[Site]) -> None:
    with acting_as("survey_worker"), site_scope(sites[0].pk):
        cohort = Cohort.objects.get()
        Response(
            site_id=sites[0].pk, cohort_id=cohort.pk, version_id=version.pk, week="2026-W48", record=b"short"
        ).save(force_insert=True)
        broken = Response.objects.filter(record=b"short").get()
    comparison = begin(version, sites)
    with acting_as("survey_worker"):
        site_id, release_id = runs.unfinished_releases(comparison)[0]
        with pytest.raises(ValueError, match="bytes of its version"):
            releasing.make_release(site_id=site_id, release_id=release_id)
        failed = Comparison.objects.get(pk=comparison.pk)
        assert (failed.state, failed.reason) == (JobState.FAILED, "ValueError")
        with site_scope(sites[0].pk):
            Response.objects.filter(pk=broken.pk).delete()
    assert finish(comparison).state == JobState.DONE


def test_a_country_without_any_answers_prints_nothing_and_no_average(version: Version, sites: list[Site]) -> None:
    with acting_as("survey_worker"), site_scope(sites[1].pk):
        Response.objects.all().delete()
    result = Result.from_json(finish(begin(version, sites)).result)
    cell = result.indicator("practice.assess").cell("EG")
    assert cell is not None
    assert (cell.state, cell.n) == (State.NO_ANSWERS, 0)
    assert result.indicator("practice.assess").averages == {}
