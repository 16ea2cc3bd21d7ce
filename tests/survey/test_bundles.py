"""Bundles of a field laptop: sealed as one, taken in once, taken back for good, refused where they do not belong."""

import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Role
from survey import bundles, carrying, codes, drafts, responses, taking
from survey.bundles import Bundle, BundleError, Carried, Origin
from survey.models import Cohort, FreeText, Response, Tombstone, Upload, Version
from survey.protocol.schema import Answer
from survey.scope import site_scope
from tests.factories import make_staff, signed_in
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of

CODE = "12345678901234567888"
ORIGIN = Origin("small", "KE", "Turkana", "i" * 64, "l" * 64)
SMALL = Bundle(
    ORIGIN,
    (Carried(uuid.UUID(int=7), "2026-W48", "en", b"\x01\x02", {"secure": "مع أصدقائي"}),),
    frozenset({b"t" * 32}),
)


@pytest.fixture(autouse=True)
def _stretching_is_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "STRETCHING", {"memory_kib": 8, "passes": 1})


# The format ----------------------------------------------------------------------------------------------------------


def test_a_bundle_comes_out_as_it_went_in() -> None:
    assert bundles.unseal(bundles.seal(SMALL, CODE), CODE) == SMALL


def test_another_code_opens_nothing() -> None:
    with pytest.raises(BundleError, match="bundle-closed"):
        bundles.unseal(bundles.seal(SMALL, CODE), CODE[::-1])


@given(place=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_one_damaged_byte_anywhere_and_nothing_opens(place: int, flip: int) -> None:
    cheap = pytest.MonkeyPatch()
    cheap.setattr(bundles, "STRETCHING", {"memory_kib": 8, "passes": 1})
    content = bytearray(bundles.seal(SMALL, CODE))
    content[place % len(content)] ^= flip
    with pytest.raises(BundleError):
        bundles.unseal(bytes(content), CODE)
    cheap.undo()


def test_the_file_shows_neither_texts_nor_how_many_there_are() -> None:
    more = replace(SMALL, responses=tuple(replace(SMALL.responses[0], id=uuid.UUID(int=n)) for n in range(20)))
    assert len(bundles.seal(SMALL, CODE)) == len(bundles.seal(more, CODE))
    assert b"Turkana" not in bundles.seal(SMALL, CODE)


# The way to the server -----------------------------------------------------------------------------------------------

pytestmark = pytest.mark.usefixtures("_stretching_is_cheap")


@pytest.fixture
def version(db: None) -> Version:
    return publish_small()


@pytest.fixture
def kenya(version: Version) -> Cohort:
    return add_cohort(site_of(version, "KE"), version, name="Turkana", size=0, state=Cohort.State.OPEN)


@pytest.fixture
def researcher(client: Client, version: Version) -> Client:
    make_staff("amina", Role.Name.RESEARCHER, site_of(version, "KE"))
    signed_in(client, "amina")
    return client


Collect = Callable[..., str]


@pytest.fixture
def collect(kenya: Cohort, settings: object) -> Collect:
    """Answers given on a laptop, under the key of its cohort file; returns the receipt."""

    def collected(**answers: Answer) -> str:
        settings.RECEIPT_KEY = drafts.laptop_key(kenya.site_id)  # type: ignore[attr-defined]
        settings.SECRET_KEY, server = "l" * 50, settings.SECRET_KEY  # type: ignore[attr-defined]
        secret = drafts.start_draft(cohort=kenya, language="en").secret
        sheet = drafts.open_draft(secret=secret, site_id=kenya.site_id)
        assert sheet is not None
        saved = drafts.save_draft(secret=secret, sheet=replace(sheet, answers={"secure": "friends", **answers}))
        assert responses.submit(secret=secret, site_id=kenya.site_id, revision=saved.revision)
        settings.SECRET_KEY, settings.RECEIPT_KEY = server, ""  # type: ignore[attr-defined]
        return saved.receipt

    return collected


def packed(cohort: Cohort) -> Bundle:
    """What the laptop makes; its own rows are then gone from this database, which is the server's from here on."""
    with acting_as("survey_worker"):
        bundle = carrying.pack(cohort)
        with site_scope(cohort.site_id):
            FreeText.objects.all().delete()
            Response.objects.all().delete()
    return bundle


def bring(client: Client, cohort: Cohort, bundle: Bundle, *, code: str = CODE, damage: bool = False) -> Upload:
    """A bundle sent, checked and, where it can be, taken in."""
    content = bytearray(bundles.seal(bundle, CODE))
    content[len(content) // 2] ^= damage
    files = f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/files/"
    form = {"kind": "bundle", "bundle-file": SimpleUploadedFile("k.bundle", bytes(content)), "bundle-code": code}
    sent = client.post(files, form)
    assert sent.status_code == 303
    upload = newest(cohort)
    with acting_as("survey_worker"):
        taking.check(site_id=cohort.site_id, upload_id=upload.pk)
    assert client.get(sent["Location"]).status_code == 200
    if newest(cohort).state == "checked":
        client.post(sent["Location"], {"_do": "take"})
        with acting_as("survey_worker"):
            taking.take(site_id=cohort.site_id, upload_id=upload.pk)
        assert client.get(sent["Location"]).status_code == 200
    return newest(cohort)


def newest(cohort: Cohort) -> Upload:
    with site_scope(cohort.site_id):
        return Upload.objects.defer("content").filter(cohort_id=cohort.pk).order_by("-pk")[0]


def counted(upload: Upload) -> tuple[int, int, int, int]:
    assert upload.state == "taken", upload.report
    return tuple(upload.report[name] for name in ("lines", "known", "withdrawn", "gone"))  # type: ignore[return-value]


def stored(cohort: Cohort) -> tuple[int, int]:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        return Response.objects.count(), FreeText.objects.count()


def test_the_same_bundle_again_adds_nothing_and_common_responses_come_once(
    researcher: Client, kenya: Cohort, collect: Collect
) -> None:
    for _ in range(3):
        collect()
    whole = packed(kenya)
    first, second = replace(whole, responses=whole.responses[:2]), replace(whole, responses=whole.responses[1:])
    assert counted(bring(researcher, kenya, first)) == (2, 0, 0, 0)
    assert counted(bring(researcher, kenya, first)) == (0, 2, 0, 0)
    assert counted(bring(researcher, kenya, second)) == (1, 1, 0, 0)
    assert stored(kenya) == (3, 3)


def test_a_receipt_of_the_laptop_takes_back_on_the_server_and_no_bundle_brings_it_back(
    researcher: Client, kenya: Cohort, collect: Collect
) -> None:
    receipt = collect(age=30)
    collect(age=40)
    bundle = packed(kenya)
    assert not responses.can_withdraw(code=receipt)
    bring(researcher, kenya, bundle)
    assert responses.can_withdraw(code=receipt)
    assert [responses.withdraw(code=receipt) for _ in range(2)] == [True, False]
    assert stored(kenya) == (1, 1)
    assert counted(bring(researcher, kenya, bundle)) == (0, 1, 1, 0)
    assert stored(kenya) == (1, 1)


def test_what_was_taken_back_on_the_laptop_after_the_first_bundle_is_deleted_by_the_next(
    researcher: Client, kenya: Cohort, collect: Collect, settings: object
) -> None:
    receipt = collect(age=30)
    collect(age=40)
    first = packed(kenya)
    bring(researcher, kenya, first)
    number = next(one.id for one in first.responses if one.id == _number_of(receipt, kenya))
    later = replace(
        first,
        responses=tuple(one for one in first.responses if one.id != number),
        tombstones=frozenset({bundles.sealing.tombstone(number)}),
    )
    assert counted(bring(researcher, kenya, later)) == (0, 1, 0, 1)
    assert stored(kenya) == (1, 1)
    # An older copy, brought late.
    assert counted(bring(researcher, kenya, first)) == (0, 1, 1, 0)


def _number_of(receipt: str, cohort: Cohort) -> uuid.UUID:
    key = drafts.laptop_key(cohort.site_id)
    return bundles.sealing.response_id(drafts.receipt_secret_of(receipt, key=key))


def test_a_receipt_of_the_server_still_works_and_leaves_a_tombstone(kenya: Cohort) -> None:
    secret = drafts.start_draft(cohort=kenya, language="en").secret
    sheet = drafts.open_draft(secret=secret, site_id=kenya.site_id)
    assert sheet is not None
    responses.submit(secret=secret, site_id=kenya.site_id, revision=0)
    assert responses.withdraw(code=sheet.receipt)
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        assert Tombstone.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"study": "large"}, "another study"),
        ({"country": "EG"}, "another country"),
        ({"cohort": "Nairobi"}, "another cohort"),
        ({"layout": "0" * 64}, "another version"),
        ({"instrument": "0" * 64}, "never published here"),
    ],
)
def test_what_belongs_elsewhere_is_refused_with_what_to_do(
    researcher: Client, kenya: Cohort, collect: Collect, changed: dict[str, str], told: str
) -> None:
    collect()
    bundle = packed(kenya)
    refused = bring(researcher, kenya, replace(bundle, origin=replace(bundle.origin, **changed)))
    assert refused.state == "refused"
    page = researcher.get(f"/desk/sites/{kenya.site_id}/cohorts/{kenya.pk}/files/{refused.pk}/").content.decode()
    assert told in page
    assert stored(kenya) == (0, 0)


def test_a_damaged_file_and_another_code_are_refused_whole(researcher: Client, kenya: Cohort, collect: Collect) -> None:
    collect()
    bundle = packed(kenya)
    assert bring(researcher, kenya, bundle, damage=True).report["reason"] == "bundle-closed"
    assert bring(researcher, kenya, bundle, code=codes.new_code()).report["reason"] == "bundle-closed"
    assert stored(kenya) == (0, 0)


@pytest.mark.parametrize(
    "wrong", [{"week": "2026-11-24"}, {"language": "xx"}, {"record": b"\x01"}, {"texts": {"age": "x"}}]
)
def test_one_impossible_response_refuses_the_whole_bundle(
    researcher: Client, kenya: Cohort, collect: Collect, wrong: dict[str, object]
) -> None:
    collect()
    collect()
    bundle = packed(kenya)
    first, second = sorted(bundle.responses, key=lambda one: one.id)
    refused = bring(researcher, kenya, replace(bundle, responses=(first, replace(second, **wrong))))  # type: ignore[arg-type]
    assert (refused.state, [row for row, _, _ in refused.report["problems"]]) == ("refused", [2])
    assert bring(researcher, kenya, replace(bundle, responses=(first, first))).state == "refused"
    assert stored(kenya) == (0, 0)


def test_no_queue_message_report_or_trail_holds_the_code(researcher: Client, kenya: Cohort, collect: Collect) -> None:
    collect()
    upload = bring(researcher, kenya, packed(kenya))
    assert CODE not in str(upload.report)
    with acting_as("survey_owner"), site_scope(kenya.site_id):
        assert Upload.objects.filter(content=None).count() == 1
