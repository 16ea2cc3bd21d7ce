"""A release made on a laptop holds what a worker's holds, to the byte; what was changed on the way is refused."""

import base64
import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.models import AuditEntry
from reports import exporting, offline, returning, runs, sweeping
from reports.models import Comparison, JobState, Release
from reports.offline import OfflineError
from reports.releasing import make_release
from reports.returning import ReturnRefused
from survey import custody, keyfiles, keypairs, keyring
from survey.imports import add_responses
from survey.models import Cohort, Flag, SiteKey, Study, Version
from survey.protocol.fingerprints import digest
from survey.protocol.schema import Answers
from survey.publishing import latest_plan
from survey.scope import site_scope, study_scope
from tests.factories import begin_comparison, finish_comparison
from tests.reports.test_plans import add_row, published, second_table, second_version, set_to
from tests.reports.test_plans import changed as changed_workbook
from tests.roles import acting_as
from tests.studies import MONDAY, add_cohort, add_cut, answers, publish_small, site_of, stored_records

pytestmark = pytest.mark.django_db
Told = dict[str, Any]


def cohort_in_kenya(version: Version, **values: Any) -> Cohort:
    return add_cohort(site_of(version, "KE"), version, **values)


def private_key(cohort: Cohort) -> bytes:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        current = keyring.current_key(cohort.site_id)
        return keyring.private_key(current) if current is not None else keypairs.new_pair().private


def exported(cohort: Cohort) -> bytes:
    """What a worker writes, which has no private key at hand."""
    content = io.BytesIO()
    with acting_as("survey_worker"):
        exporting.write(release=exporting.newest_release(cohort), to=content, by="amina")
    return content.getvalue()


def made(content: bytes, private: bytes) -> Told:
    return offline.make_release(io.BytesIO(content), private, software="0.9.0")


def taken(cohort: Cohort, told: Told) -> Release:
    with acting_as("survey_worker"):
        release = returning.take(site_id=cohort.site_id, content=json.dumps(told).encode(), by="amina")
    return newest(cohort, release.pk)


def newest(cohort: Cohort, pk: int) -> Release:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        return Release.objects.get(pk=pk)


def by_worker(cohort: Cohort) -> Release:
    with acting_as("survey_worker"):
        release = exporting.newest_release(cohort)
        make_release(site_id=cohort.site_id, release_id=release.pk)
    return newest(cohort, release.pk)


def by_laptop(cohort: Cohort) -> Release:
    return taken(cohort, made(exported(cohort), private_key(cohort)))


def what_it_says(release: Release) -> bytes:
    names = ("state", "respondents", "participants", "stands", "threshold", "signed_off_by", "cells")
    return json.dumps({name: getattr(release, name) for name in names}).encode()


def more(cohort: Cohort, sheets: list[Answers], *, number: int) -> None:
    """Answers that come after a cut, and a further cut."""
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        add_responses(cohort=cohort, country="KE", language="en", sheets=[(MONDAY, sheet) for sheet in sheets])
        add_cut(cohort, number=number)


def leave_out(cohort: Cohort, count: int) -> None:
    rows = sorted(stored_records(cohort.site_id), key=lambda row: row[1])
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        for pk in [row.pk for row, _record, _texts in rows[:count]]:
            place = {"site_id": cohort.site_id, "cohort_id": cohort.pk, "week": "2026-W48", "language": "en"}
            Flag.objects.create(kind="fast", response_id=pk, excluded=True, reason="r", by="a", on=MONDAY, **place)


Make = Callable[[Cohort], Release]


def first(cohort: Cohort, make: Make) -> list[Release]:
    return [make(cohort)]


def held_back(cohort: Cohort, make: Make) -> list[Release]:
    before = make(cohort)
    more(cohort, [answers(3)], number=2)
    return [before, make(cohort)]


def grown(cohort: Cohort, make: Make) -> list[Release]:
    before = make(cohort)
    more(cohort, [{**answers(number), "age": 33} for number in range(60)], number=2)
    return [before, make(cohort)]


def no_longer_signed(cohort: Cohort, make: Make) -> list[Release]:
    before = make(cohort)
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        Cohort.objects.filter(pk=cohort.pk).update(signed_off_by="")
        cohort.refresh_from_db()
    more(cohort, [], number=2)
    return [before, make(cohort)]


def with_some_left_out(cohort: Cohort, make: Make) -> list[Release]:
    leave_out(cohort, 7)
    return [make(cohort)]


@pytest.mark.parametrize("records", ["sealed", "open"])
@pytest.mark.parametrize(
    ("story", "told"),
    [
        (first, [(60, 1)]),
        (held_back, [(60, 1), (60, 1)]),
        (grown, [(60, 1), (120, 2)]),
        (no_longer_signed, [(60, 1), (60, 1)]),
        (with_some_left_out, [(53, 1)]),
    ],
)
def test_a_laptop_makes_what_a_worker_makes_to_the_byte(
    records: str, story: Callable[[Cohort, Make], list[Release]], told: list[tuple[int, int]]
) -> None:
    found = []
    for form_id, make in (("near", by_worker), ("far", by_laptop)):
        cohort = cohort_in_kenya(publish_small(form_id, records=records), signed_off_by="Amina")
        found.append(story(cohort, make))
    near, far = found
    assert [what_it_says(release) for release in far] == [what_it_says(release) for release in near]
    assert [(release.respondents, release.stands) for release in far] == told


def test_what_stands_at_the_same_cut_keeps_its_threshold_on_a_laptop_too() -> None:
    version = publish_small()
    cohort = cohort_in_kenya(version, size=24, signed_off_by="Amina")
    before = by_laptop(cohort)
    published(changed_workbook(set_to(version="2", threshold="10")))
    after = by_laptop(cohort)
    # 6 of 24 trained: under the new threshold it could not be printed.
    assert (after.pk == before.pk, what_it_says(after)) == (False, what_it_says(before))
    assert (after.threshold, after.signed_off_by) == (5, "Amina")


def test_what_waited_for_it_is_assembled_and_the_trail_says_who_took_it(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    comparison = begin_comparison(version, [site_of(version, "KE")])
    by_laptop(cohort)
    assert Comparison.objects.get(pk=comparison.pk).state == JobState.DONE
    assert AuditEntry.objects.filter(action="release-taken").values_list("actor", flat=True).get() == "amina"


# A key that is nowhere here -------------------------------------------------------------------------------------------


def keep_away(cohort: Cohort) -> bytes:
    """From now on no worker has the key, nor a researcher; returns the laptop's."""
    key = private_key(cohort)
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        SiteKey.objects.filter(site_id=cohort.site_id).update(custody=SiteKey.Custody.ELSEWHERE)
    return key


def with_a_second_table() -> Version:
    return published(changed_workbook(*second_table("practice.assess")))


def release_of(comparison: Comparison) -> Release:
    with study_scope(comparison.study_id):
        return comparison.releases.get()


def test_what_a_comparison_waits_for_is_exported_before_the_plan_of_now(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    key = keep_away(cohort)
    comparison = finish_comparison(begin_comparison(version, [site_of(version, "KE")]))
    assert release_of(comparison).state == JobState.LOCKED
    with_a_second_table()
    first = taken(cohort, made(exported(cohort), key))
    assert release_of(comparison).pk == first.pk
    assert Comparison.objects.get(pk=comparison.pk).state == JobState.DONE
    # Now that nobody waits, the newest plan is next.
    assert taken(cohort, made(exported(cohort), key)).plan_id == latest_plan(version.pk).pk != first.plan_id


def test_a_comparison_that_waits_for_a_key_takes_what_another_plan_released(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    key = keep_away(cohort)
    before = finish_comparison(begin_comparison(version, [site_of(version, "KE")]))
    after = finish_comparison(begin_comparison(with_a_second_table(), [site_of(version, "KE")]))
    locked = release_of(before)
    assert locked.pk != release_of(after).pk
    release = taken(cohort, made(exported(cohort), key))
    with acting_as("survey_worker"):
        sweeping.sweep()
    assert [release_of(one).pk for one in (before, after)] == [release.pk] * 2
    assert [Comparison.objects.get(pk=one.pk).state for one in (before, after)] == [JobState.DONE] * 2
    links = Comparison.releases.through.objects.filter(comparison_id=before.pk)
    with acting_as("survey_worker"), pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        links.update(release_id=locked.pk)


def test_a_release_that_lacks_a_figure_is_not_taken_instead(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    key = keep_away(cohort)
    made_first = made(exported(cohort), key)
    women = add_row("indicators", 0, indicator="about.women", variable="gender", count="woman", average="")
    wider = published(changed_workbook(women, *second_table("about.women")))
    comparison = finish_comparison(runs.start(version=wider, sites=[site_of(wider, "KE")], tables=["two"], by="t"))
    taken(cohort, made_first)
    with acting_as("survey_worker"):
        sweeping.sweep()
    assert release_of(comparison).state == JobState.LOCKED
    taken(cohort, made(exported(cohort), key))
    assert Comparison.objects.get(pk=comparison.pk).state == JobState.DONE


def test_what_no_laptop_could_ever_release_is_refused_at_the_start(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    key = keep_away(cohort)
    other = second_version(*second_table("practice.assess"))
    kenya = site_of(version, "KE")
    with pytest.raises(runs.RunError, match="The key of KE is not on this server") as caught:
        runs.start(version=other, sites=[kenya], tables=["two"], by="t")
    assert (caught.value.code, Comparison.objects.count()) == ("out-of-reach", 0)
    release = taken(cohort, made(exported(cohort), key))
    # What its own release holds can be compared; that it was not asked another question, no release of it says.
    held = runs.start(version=other, sites=[kenya], tables=["two"], by="t")
    assert (release_of(held).pk, finish_comparison(held).state) == (release.pk, JobState.DONE)
    with pytest.raises(runs.RunError, match="The key of KE is not on this server"):
        runs.start(version=other, sites=[kenya], tables=["one"], by="t")


def test_the_recovery_key_makes_it_too(version: Version) -> None:
    study, recovery = version.study, keypairs.new_pair()
    with acting_as("survey_owner"):
        Study.objects.filter(pk=study.pk).update(recovery_public=recovery.public)
    cohort = cohort_in_kenya(version)
    with acting_as("survey_worker"):
        custody.rotate(site_id=cohort.site_id, by="t")
    assert made(exported(cohort), recovery.private)["respondents"] == 60


def test_another_key_is_refused_in_one_sentence(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    with pytest.raises(OfflineError, match="This key does not open the answers of KE"):
        made(exported(cohort), keypairs.new_pair().private)


def lines_of(content: bytes) -> list[Any]:
    return [json.loads(line) for line in gzip.decompress(content[len(offline.MARK) :]).splitlines()]


def packed(lines: list[Any]) -> bytes:
    """A file of these lines, with the sums that a stranger can make."""
    head, *others = lines
    content = io.BytesIO()
    offline.write(content, head, others[:-1], key=b"a stranger's")
    return content.getvalue()


def swapped(lines: list[Any]) -> None:
    records = [line for line in lines[1:] if line[0] == "record"]
    records[0][4], records[1][4] = records[1][4], records[0][4]


def doubled(lines: list[Any]) -> None:
    lines.insert(-1, lines[-2])


def changed(lines: list[Any]) -> None:
    sealed = bytearray(base64.b64decode(lines[-2][4]))
    sealed[-1] ^= 1
    lines[-2][4] = base64.b64encode(sealed).decode()


def other_words(lines: list[Any]) -> None:
    next(iter(lines[0]["workbooks"].values()))["indicators"][1][3] = "always"


@pytest.mark.parametrize("change", [swapped, doubled, changed, other_words])
def test_records_and_words_that_were_changed_are_refused_on_the_laptop(
    version: Version, change: Callable[[list[Any]], None]
) -> None:
    cohort = cohort_in_kenya(version)
    lines = [list(line) if isinstance(line, list) else line for line in lines_of(exported(cohort))]
    change(lines)
    with pytest.raises(OfflineError, match="Export it once more"):
        made(packed(lines), private_key(cohort))


@pytest.mark.parametrize("place", [0, 30, 2_000, -3])
def test_a_damaged_or_cut_file_is_refused_on_the_laptop(version: Version, place: int) -> None:
    cohort = cohort_in_kenya(version)
    content = bytearray(exported(cohort))
    content[place] ^= 64
    for damaged in (bytes(content), bytes(content[:place])):
        with pytest.raises(OfflineError):
            made(damaged, private_key(cohort))


def test_a_release_of_fewer_answers_than_were_exported_is_refused_on_the_server(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    lines = lines_of(exported(cohort))
    del lines[-2]
    told = made(packed(lines), private_key(cohort))
    assert told["respondents"] == 59
    assert refused(cohort, told) == [("other-export", "")]


def refused(cohort: Cohort, told: Told) -> list[tuple[str, str]]:
    with pytest.raises(ReturnRefused) as caught:
        taken(cohort, told)
    return caught.value.problems


def retold(told: Told, **changes: Any) -> Told:
    """Changed by somebody who can add it up again."""
    rest = {**told, **changes}
    del rest["check"]
    return {**rest, "check": digest(rest)}


def shown(k: int, n: int) -> Mapping[str, Any]:
    from fractions import Fraction

    return {"state": "shown", "value": str(Fraction(100 * k, n)), "k": k, "n": n}


@pytest.mark.parametrize(
    ("name", "cell", "code"),
    [
        ("practice.assess", shown(3, 60), "cell-policy"),
        ("practice.assess", shown(56, 60), "cell-policy"),
        ("practice.assess", shown(20, 61), "cell-number"),
        ("practice.assess", {**shown(20, 60), "value": "34"}, "cell-number"),
        ("practice.assess", {"state": "needs_sign_off", "value": None, "k": None, "n": 60}, "cell-hidden"),
        ("practice.assess", {"state": "too_few", "value": None, "k": 3, "n": 60}, "cell-hidden"),
        ("training.mean", {"state": "shown", "value": "1/2", "k": None, "n": 9}, "cell-policy"),
        ("about.youngest", {"state": "shown", "value": "20", "k": None, "n": 60}, "cell-policy"),
        ("participants.gender", {"state": "shown", "value": "60", "k": 59, "n": 60}, "cell-number"),
    ],
)
def test_a_cell_that_no_policy_allows_is_refused(version: Version, name: str, cell: Told, code: str) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    cells = {**told["cells"], name: {**told["cells"][name], "all": {"": cell}}}
    assert refused(cohort, retold(told, cells=cells)) == [(code, name)]


def test_all_that_is_wrong_is_said_at_once(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    cells = {name: own for name, own in told["cells"].items() if name != "work.how"} | {"other": {}}
    release = {**told["release"], "cut": 7, "plan": "0" * 64}
    assert refused(cohort, retold(told, cells=cells, release=release)) == [
        ("other-release", "cut"),
        ("other-release", "plan"),
        ("other-export", ""),
        ("indicator-unknown", "other"),
        ("indicator-missing", "work.how"),
    ]


def test_the_seal_of_another_release_does_not_fit(version: Version) -> None:
    cohort, other = cohort_in_kenya(version), cohort_in_kenya(version, name="second")
    told, elsewhere = (made(exported(one), private_key(one)) for one in (cohort, other))
    assert refused(cohort, retold(told, export=elsewhere["export"])) == [("other-export", "")]
    assert taken(cohort, told).respondents == 60


def test_nor_does_that_of_an_earlier_release_of_the_same_cohort(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    before = made(exported(cohort), private_key(cohort))
    taken(cohort, before)
    more(cohort, [{**answers(number), "age": 33} for number in range(60)], number=2)
    told = made(exported(cohort), private_key(cohort))
    assert refused(cohort, retold(told, export=before["export"])) == [("other-export", "")]
    assert taken(cohort, told).respondents == 120


def test_nor_does_one_that_knew_less_of_what_was_released_before(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    export = made(exported(cohort), private_key(cohort))["export"]
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        own = exporting.identity(Release.objects.get(cohort_id=cohort.pk))
    seals = [
        offline.export_seal(export["check"], release=own, earlier=digest(earlier), key=exporting.export_key())
        for earlier in ([], [{"id": 1}])
    ]
    assert [seal == export["seal"] for seal in seals] == [True, False]


def test_it_is_stored_once_and_not_while_a_worker_counts(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    with acting_as("survey_worker"), study_scope(version.study_id):
        Release.objects.update(state=JobState.RUNNING)
    assert refused(cohort, told) == [("being-counted", "")]
    with acting_as("survey_worker"), study_scope(version.study_id):
        Release.objects.update(state=JobState.LOCKED)
    before = taken(cohort, told)
    assert refused(cohort, told) == [("released-already", "")]
    assert what_it_says(newest(cohort, before.pk)) == what_it_says(before)


def test_one_that_does_not_know_what_was_released_meanwhile_is_refused(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    more(cohort, [answers(n) for n in range(30)], number=2)
    by_worker(cohort)
    assert refused(cohort, told) == [("released-meanwhile", "")]


def test_another_country_cannot_take_it(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    with acting_as("survey_worker"), pytest.raises(ReturnRefused, match="other-release"):
        returning.take(site_id=site_of(version, "EG").pk, content=json.dumps(told).encode(), by="omar")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"format": 1, "check": ""}', b"[" * 100_000])
def test_what_is_no_release_is_refused(version: Version, content: bytes) -> None:
    with pytest.raises(ReturnRefused, match="no-release"):
        returning.read(content)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("earlier_hash", None),
        ("earlier_hash", 7),
        ("earlier", {}),
        ("export", {"check": "", "seal": None}),
        ("export", {"check": ""}),
        ("stands", True),
        ("respondents", 2**31),
    ],
)
def test_a_part_of_another_type_is_no_release(version: Version, name: str, value: object) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    assert refused(cohort, retold(told, **{name: value})) == [("no-release", "")]


@pytest.mark.parametrize("name", ["release", "earlier", "earlier_hash", "export", "cells", "stands"])
def test_nor_is_one_without_a_part(version: Version, name: str) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    rest = {part: value for part, value in told.items() if part not in (name, "check")}
    assert refused(cohort, {**rest, "check": digest(rest)}) == [("no-release", "")]


def test_a_figure_without_an_end_cannot_be_read(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    told = made(exported(cohort), private_key(cohort))
    endless = {"all": {"": {**shown(20, 60), "value": float("inf")}}}
    cells = {**told["cells"], "practice.assess": endless}
    assert refused(cohort, retold(told, cells=cells)) == [("cell-unreadable", "")]


def test_free_texts_stay_on_the_server(version: Version) -> None:
    cohort = cohort_in_kenya(version)
    kinds = {line[0] for line in lines_of(exported(cohort))[1:]}
    assert kinds == {"key", "record", "end"}


def test_the_command_needs_no_database(version: Version, tmp_path: Path) -> None:
    cohort = cohort_in_kenya(version)
    (tmp_path / "sealed").write_bytes(exported(cohort))
    keyfiles.write(tmp_path / "right", private_key(cohort))
    keyfiles.write(tmp_path / "wrong", keypairs.new_pair().private)
    (tmp_path / "none").write_text("nothing\n")

    def release(key: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "surveyproject.embedded.manage", "release", "--key", str(tmp_path / key)]
        command += ["--from", str(tmp_path / "sealed"), "--out", str(tmp_path / "return.json")]
        done = subprocess.run(command, env={"PATH": ""}, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert release("none") == (1, f"Not released: {tmp_path / 'none'} is no key of 96 bytes.\n")
    code, said = release("wrong")
    assert (code, said.count("\n")) == (1, 1)
    assert "This key does not open the answers of KE" in said
    assert not (tmp_path / "return.json").exists()
    code, said = release("right")
    assert (code, said.splitlines()[0]) == (0, "KE, “first”, cut 1: 60 responses counted.")
    told = json.loads((tmp_path / "return.json").read_text("utf-8"))
    assert taken(cohort, told).respondents == 60
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        assert SiteKey.objects.count() == 1
