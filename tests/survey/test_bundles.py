"""Bundles of a field laptop: sealed as one, taken in once, taken back for good, refused where they do not belong."""

import json
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Role
from survey import bundles, carrying, custody, datakeys, drafts, keyfiles, keypairs, keyring, laptop, responses, taking
from survey.bundles import Bundle, BundleError, Carried, Origin, Packed, SealedKey, Stored
from survey.datakeys import DataKey, Place
from survey.keypairs import Pair
from survey.models import Cohort, FreeText, Response, SiteKey, Tombstone, Upload, Version
from survey.protocol.schema import Answer
from survey.scope import site_scope
from tests.factories import make_staff, signed_in
from tests.roles import acting_as
from tests.studies import add_cohort, publish_small, site_of, stored_records

ORIGIN = Origin("small", "KE", "Turkana", "i" * 64, "l" * 64)
PAIR = keypairs.new_pair()
KEY = datakeys.new_data_key()
# The laptop gave numbers of its own.
SITE, COHORT, VERSION = 77, 88, 99
TEXTS = {"secure": "مع أصدقائي"}


def sealed_on_laptop(number: int, record: bytes = b"\x01\x02", key: DataKey = KEY) -> Stored:
    place = Place(SITE, COHORT, VERSION, uuid.UUID(int=number))
    texts = key.seal_padded(json.dumps(TEXTS).encode(), place.context(datakeys.TEXTS))
    sealed = key.seal(record, place.context(datakeys.RECORD))
    return Stored(place.row_id, "2026-W48", "en", VERSION, key.id, sealed, key.id, texts)


def small(*responses: Stored, pair: Pair = PAIR) -> Packed:
    keys = (SealedKey(KEY.id, keypairs.fingerprint(pair.public), datakeys.seal_key(KEY, pair.public, site_id=SITE)),)
    return Packed(ORIGIN, SITE, COHORT, keys, responses, frozenset({b"t" * 32}))


def key_of(pair: Pair) -> bundles.Keys:
    def private(fingerprint: str) -> bytes:
        if fingerprint != keypairs.fingerprint(pair.public):
            raise BundleError("bundle-other-key")
        return pair.private

    return private


# The format ----------------------------------------------------------------------------------------------------------


def test_a_bundle_opens_with_the_site_s_private_key_and_holds_what_was_sealed_on_the_laptop() -> None:
    found = bundles.unseal(bundles.seal(small(sealed_on_laptop(7)), PAIR.public), key_of(PAIR))
    sent = Carried(uuid.UUID(int=7), "2026-W48", "en", b"\x01\x02", TEXTS)
    assert found == Bundle(ORIGIN, (sent,), frozenset({b"t" * 32}))


def test_another_key_opens_nothing() -> None:
    content = bundles.seal(small(sealed_on_laptop(7)), PAIR.public)
    with pytest.raises(BundleError, match="bundle-other-key"):
        bundles.unseal(content, key_of(keypairs.new_pair()))
    with pytest.raises(BundleError, match="bundle-closed"):
        bundles.unseal(content, lambda fingerprint: keypairs.new_pair().private)


def test_a_bundle_under_a_code_is_refused_with_what_to_do() -> None:
    with pytest.raises(BundleError, match="bundle-old"):
        bundles.unseal(b"SURVEYBUNDLE1\n" + bytes(4_000), key_of(PAIR))


@given(place=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_one_damaged_byte_anywhere_and_nothing_opens(place: int, flip: int) -> None:
    content = bytearray(bundles.seal(small(sealed_on_laptop(7)), PAIR.public))
    content[place % len(content)] ^= flip
    with pytest.raises(BundleError):
        bundles.unseal(bytes(content), key_of(PAIR))


def test_the_file_shows_neither_texts_nor_whether_there_are_one_or_two() -> None:
    one, two = (bundles.seal(small(*(sealed_on_laptop(n) for n in range(size))), PAIR.public) for size in (1, 2))
    assert abs(len(one) - len(two)) <= bundles.sealing.BLOCK
    assert b"Turkana" not in one
    assert b"KE" not in one[:80]


def test_a_response_moved_to_another_s_place_does_not_open() -> None:
    first, second = sealed_on_laptop(1), sealed_on_laptop(2)
    moved = replace(second, record=first.record)
    found = bundles.unseal(bundles.seal(small(first, moved), PAIR.public), key_of(PAIR))
    assert [one.record for one in found.responses] == [b"\x01\x02", b""]


def test_where_records_are_open_the_bundle_is_too() -> None:
    number = uuid.UUID(int=7)
    stored = Stored(number, "2026-W48", "en", VERSION, None, b"\x01", None, b'{"secure": "x"}')
    found = bundles.unseal(bundles.seal(Packed(ORIGIN, SITE, COHORT, (), (stored,)), None), key_of(PAIR))
    assert found.responses == (Carried(number, "2026-W48", "en", b"\x01", {"secure": "x"}),)


# The way to the server -----------------------------------------------------------------------------------------------


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


def packed(cohort: Cohort) -> Packed:
    """What the laptop makes; its own rows are then gone from this database, which is the server's from here on."""
    with acting_as("survey_worker"):
        bundle = carrying.gather(cohort)
        with site_scope(cohort.site_id):
            FreeText.objects.all().delete()
            Response.objects.all().delete()
    return bundle


def public_key(cohort: Cohort) -> bytes:
    with acting_as("survey_worker"), site_scope(cohort.site_id):
        return bytes(SiteKey.objects.get(state="current").public)


def bring(client: Client, cohort: Cohort, bundle: Packed, *, damage: bool = False) -> Upload:
    """A bundle sent, checked and, where it can be, taken in."""
    return send(client, cohort, bundles.seal(bundle, public_key(cohort)), damage=damage)


def send(client: Client, cohort: Cohort, sealed: bytes, *, damage: bool = False) -> Upload:
    content = bytearray(sealed)
    content[len(content) // 2] ^= damage
    files = f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/files/"
    form = {"kind": "bundle", "bundle-file": SimpleUploadedFile("k.bundle", bytes(content))}
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


def test_a_damaged_file_is_refused_whole(researcher: Client, kenya: Cohort, collect: Collect) -> None:
    collect()
    bundle = packed(kenya)
    assert bring(researcher, kenya, bundle, damage=True).report["reason"] == "bundle-closed"
    assert stored(kenya) == (0, 0)


def test_what_was_sealed_under_the_laptop_s_own_numbers_is_sealed_again_under_the_server_s(
    researcher: Client, kenya: Cohort, collect: Collect
) -> None:
    collect(age=41)
    [(row, record, texts)] = stored_records(kenya.site_id)
    origin = packed(kenya).origin
    public = public_key(kenya)
    keys = (SealedKey(KEY.id, keypairs.fingerprint(public), datakeys.seal_key(KEY, public, site_id=SITE)),)
    bundle = Packed(origin, SITE, COHORT, keys, (sealed_on_laptop(row.pk.int, record),))
    assert counted(bring(researcher, kenya, bundle)) == (1, 0, 0, 0)
    [(again, same, told)] = stored_records(kenya.site_id)
    assert (again.pk, same, told) == (row.pk, record, TEXTS)
    assert again.key_id != KEY.id
    assert texts == {"secure": "friends"}


def test_a_bundle_for_a_key_that_was_replaced_opens_with_the_ones_that_followed(
    researcher: Client, kenya: Cohort, collect: Collect
) -> None:
    collect()
    sealed = bundles.seal(packed(kenya), public_key(kenya))
    with acting_as("survey_worker"):
        for _ in range(2):
            custody.rotate(site_id=kenya.site_id, by="t")
    assert counted(send(researcher, kenya, sealed)) == (1, 0, 0, 0)
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        SiteKey.objects.update(passed_on=None)
    assert send(researcher, kenya, sealed).report["reason"] == "bundle-key-gone"


def test_a_bundle_of_another_server_is_refused(researcher: Client, kenya: Cohort, collect: Collect) -> None:
    collect()
    sealed = bundles.seal(packed(kenya), keypairs.new_pair().public)
    assert send(researcher, kenya, sealed).report["reason"] == "bundle-other-key"


def test_a_laptop_packs_without_any_private_key(kenya: Cohort, collect: Collect) -> None:
    collect()
    public = public_key(kenya)
    private = keyfiles.read(keyring.key_file(public), length=keypairs.PRIVATE_BYTES)
    keyfiles.burn(keyring.key_file(public))
    with acting_as("survey_worker"):
        content = carrying.pack(kenya)
    pair = Pair(public, private)
    assert [one.texts for one in bundles.unseal(content, key_of(pair)).responses] == [{"secure": "friends"}]


# The cohort file -----------------------------------------------------------------------------------------------------


def test_a_laptop_seals_to_its_server_s_key_what_it_stores_and_what_it_had_stored(
    kenya: Cohort, collect: Collect, settings: Any, tmp_path: Path
) -> None:
    collect()
    settings.DATA_DIR = tmp_path
    own, server = public_key(kenya), keypairs.new_pair()
    orders = replace(laptop.read_cohort_file(laptop.cohort_file(cohort=kenya, by="t")), key=server.public, key_number=4)
    with acting_as("survey_worker"):
        for _ in range(2):
            laptop.take_cohort(orders)
    collect()
    with acting_as("survey_worker"), site_scope(kenya.site_id):
        kept = SiteKey.objects.get(state="current")
        assert (kept.custody, bytes(kept.public), kept.number) == ("elsewhere", server.public, 4)
        content = carrying.pack(kenya)
        with pytest.raises(keyring.LockedError):
            keyring.opener(site_id=kenya.site_id)
    assert len(bundles.unseal(content, key_of(server)).responses) == 2
    assert own != server.public


def test_a_newer_cohort_file_brings_a_newer_key_and_what_lies_under_the_older_one_stays(
    kenya: Cohort, collect: Collect, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    older, newer = keypairs.new_pair(), keypairs.new_pair()
    orders = laptop.read_cohort_file(laptop.cohort_file(cohort=kenya, by="t"))
    for pair in (older, newer):
        with acting_as("survey_worker"):
            laptop.take_cohort(replace(orders, key=pair.public))
        collect()
    with acting_as("survey_worker"):
        content = carrying.pack(kenya)
    privates = {keypairs.fingerprint(pair.public): pair.private for pair in (older, newer)}
    assert len(bundles.unseal(content, privates.__getitem__).responses) == 2


def test_a_country_without_a_key_has_no_cohort_file_and_the_page_says_so(researcher: Client, kenya: Cohort) -> None:
    custody.erase(site_id=kenya.site_id, by="t")
    files = f"/desk/sites/{kenya.site_id}/cohorts/{kenya.pk}/files/"
    sent = researcher.post(f"{files}cohort/")
    assert (sent.status_code, sent["Location"]) == (303, f"{files}?no-key=1")
    assert "no key that a laptop could seal answers to" in researcher.get(sent["Location"]).content.decode()


OPEN_TEXT = {"texts": b'{"age": "x"}', "texts_key_id": None}


@pytest.mark.parametrize("wrong", [{"week": "2026-11-24"}, {"language": "xx"}, {"record": b"\x01"}, OPEN_TEXT])
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


def test_the_file_is_gone_once_it_was_taken(researcher: Client, kenya: Cohort, collect: Collect) -> None:
    collect()
    bring(researcher, kenya, packed(kenya))
    with acting_as("survey_owner"), site_scope(kenya.site_id):
        assert Upload.objects.filter(content=None).count() == 1
