"""The field laptop: a cohort goes out to it as a small file, and its questions are asked where there is no line.

The cohort file carries the public key of the site, to which the laptop seals what it stores: nobody who takes it reads
what was sent on it. The file also carries the key of the receipts that the laptop gives out, so that they take answers
back on the server too. It opens no answer, but whoever has it and the server's database could try receipts: keep it
from strangers.
"""

import datetime
import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from survey import datakeys, drafts, keyfiles, keypairs, keyring, links
from survey.cohorts import Setup, State
from survey.keyring import current_key
from survey.links import country_of
from survey.locks import Lock, alone
from survey.models import Cohort, DataKey, Site, SiteKey, Study, Version
from survey.publishing import latest_version, protocol_of
from survey.scope import site_scope
from survey.sealers import OPEN_RECORDS, NoKeyError

FORMAT = 2
PRACTICE = "Practice"
MOST_BYTES = 256 * 1024
RECEIPT_KEY_FILE = "receipt-key"
_HASHES = ("instrument_hash", "plan_hash")
_DAYS = ("fieldwork_from", "fieldwork_to")
_WORDS = ("information", "helplines")
_LONGEST = {"name": 80, "modes": 80, "exit": 200}


class CohortFileError(ValueError):
    """A cohort file that cannot be used here; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What a cohort file says: which questions a laptop asks in which country, and how."""

    study: str
    country: str
    hashes: Mapping[str, str]
    receipts: str
    setup: Setup
    # The site's public key and its number on the server; None where the study keeps its records open.
    key: bytes | None
    key_number: int


# On the server -------------------------------------------------------------------------------------------------------


def cohort_file(*, cohort: Cohort, by: str) -> bytes:
    """A cohort as a file for a field laptop, written into the audit trail.

    Raises NoKeyError while the site has no key that the laptop could seal to.
    """
    version = Version.objects.select_related("study").defer("sheets").get(pk=cohort.version_id)
    told = {
        "format": FORMAT,
        "study": version.study.slug,
        "country": country_of(cohort.site_id),
        **{name: getattr(version, name) for name in _HASHES},
        "receipts": drafts.laptop_key(cohort.site_id),
        **_site_key(cohort),
        "name": cohort.name,
        "modes": cohort.modes,
        "target": cohort.target,
        "languages": list(cohort.languages),
        "exit": cohort.exit,
        **{name: getattr(cohort, name) for name in _WORDS},
        **{name: day.isoformat() if (day := getattr(cohort, name)) else "" for name in _DAYS},
    }
    audit.record(by=by, action="cohort-exported", cohort=str(cohort))
    return json.dumps({**told, "check": _check(told)}, ensure_ascii=False, indent=1).encode()


def _site_key(cohort: Cohort) -> dict[str, str | int]:
    if protocol_of(cohort.version_id).settings.records == OPEN_RECORDS:
        return {"key": "", "key_number": 0}
    with site_scope(cohort.site_id):
        current = current_key(cohort.site_id)
    if current is None:
        raise NoKeyError
    return {"key": bytes(current.public).hex(), "key_number": current.number}


def _check(told: Mapping[str, Any]) -> str:
    """A sum over everything else, so that a file damaged on its way is noticed."""
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


# On the laptop -------------------------------------------------------------------------------------------------------


def read_cohort_file(content: bytes) -> Orders:
    """What a cohort file says. Raises CohortFileError."""
    try:
        told = json.loads(content[: MOST_BYTES + 1])
        check = told.pop("check")
        if told["format"] != FORMAT or check != _check(told):
            raise ValueError
        return _orders(told)
    except (AttributeError, KeyError, TypeError, ValueError):
        message = "This is no cohort file, or it was damaged on the way. Export it once more from the server."
        raise CohortFileError(message) from None


def _orders(told: Mapping[str, Any]) -> Orders:
    for name, longest in _LONGEST.items():
        if not isinstance(told[name], str) or len(told[name]) > longest:
            raise ValueError
    if told["exit"] and not told["exit"].startswith("https://"):
        raise ValueError
    values: dict[str, Any] = {name: told[name] for name in _LONGEST}
    values |= {name: datetime.date.fromisoformat(told[name]) if told[name] else None for name in _DAYS}
    values |= {name: {str(tag): str(text) for tag, text in told[name].items()} for name in _WORDS}
    setup = Setup(target=int(told["target"]), languages=tuple(map(str, told["languages"])), **values)
    bytes.fromhex(told["receipts"])
    key = bytes.fromhex(told["key"])
    if len(key) not in (0, keypairs.PUBLIC_BYTES):
        raise ValueError
    hashes = {name: str(told[name]) for name in _HASHES}
    place = (str(told["study"]), str(told["country"]))
    return Orders(*place, hashes, told["receipts"], setup, key or None, int(told["key_number"]))


@transaction.atomic
def take_cohort(orders: Orders) -> Cohort:
    """The cohort of a file, open here; one of the same name is set up anew. Raises CohortFileError."""
    version = Version.objects.filter(study__slug=orders.study, **orders.hashes).defer("sheets").first()
    site = Site.objects.filter(study__slug=orders.study, country=orders.country).first()
    if version is None or site is None:
        message = (
            f"The study “{orders.study}” was not published on this laptop with exactly the words that the server asks. "
            "Publish the same workbook here (bin/manage publish_study FOLDER) and start again."
        )
        raise CohortFileError(message)
    _keep_receipt_key(orders.receipts)
    with site_scope(site.pk):
        if orders.key is not None:
            _seal_to_server(site.pk, orders.key, orders.key_number)
        cohort, _ = Cohort.objects.update_or_create(
            site_id=site.pk,
            name=orders.setup.name,
            defaults={
                "version_id": version.pk,
                "state": State.OPEN,
                "modes": orders.setup.modes,
                "target": orders.setup.target,
                "languages": list(orders.setup.languages),
                "information": dict(orders.setup.information),
                "helplines": dict(orders.setup.helplines),
                "exit": orders.setup.exit,
                "fieldwork_from": orders.setup.fieldwork_from,
                "fieldwork_to": orders.setup.fieldwork_to,
            },
        )
        links.set_link(cohort=cohort, token=door_token(cohort))
    return cohort


def _seal_to_server(site_id: int, public: bytes, number: int) -> None:
    """From now on the site's answers are sealed to its server's key. What a key of our own sealed, is sealed to it too.

    What was sealed to an older key of the server stays so: only the server can open it. Needs the site's scope.
    """
    alone(Lock.KEYS, site_id)
    before = current_key(site_id)
    if before is not None and bytes(before.public) == public:
        return
    # Numbers are our own: the server's first key may come after one that was made here for practice.
    taken = SiteKey.objects.filter(site_id=site_id).order_by("-number").values_list("number", flat=True).first() or 0
    SiteKey.objects.filter(site_id=site_id, state=SiteKey.State.CURRENT).update(state=SiteKey.State.RETIRED)
    new = SiteKey.objects.create(
        site_id=site_id,
        number=max(number, taken + 1),
        custody=SiteKey.Custody.ELSEWHERE,
        public=public,
        made_on=timezone.now().date(),
    )
    if before is not None and before.custody == SiteKey.Custody.WORKER:
        _hand_over(before, new)


def _hand_over(own: SiteKey, new: SiteKey) -> None:
    private = keyring.private_key(own)
    for row in DataKey.objects.filter(site_id=own.site_id, site_key=own.number):
        opened = datakeys.open_key(row.pk, bytes(row.sealed), private, site_id=own.site_id)
        sealed = datakeys.seal_key(opened, bytes(new.public), site_id=own.site_id)
        DataKey.objects.filter(site_id=own.site_id, pk=row.pk).update(sealed=sealed, site_key=new.number)
    file = keyring.key_file(bytes(own.public))
    transaction.on_commit(lambda: keyfiles.burn(file))


def _keep_receipt_key(key: str) -> None:
    """One laptop, one study and country: receipts given under another key would no longer be found."""
    file = Path(settings.DATA_DIR) / RECEIPT_KEY_FILE
    if file.exists():
        if file.read_text(encoding="ascii").strip() != key:
            message = "This data directory belongs to another server, study or country. Set DATA_DIR to an empty one."
            raise CohortFileError(message)
        return
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(key)


def practise(*, study: str, country: str) -> None:
    """An open cohort to practise with, where no cohort file was given: what it collects goes nowhere."""
    site = Site.objects.get(study__slug=study, country=country)
    version = latest_version(Study.objects.get(slug=study))
    with site_scope(site.pk):
        cohort = Cohort.objects.create(
            site_id=site.pk, version_id=version.pk, name=PRACTICE, synthetic=True, state=State.OPEN, modes="survey"
        )
        links.set_link(cohort=cohort, token=door_token(cohort))


def strangers(country: str) -> bool:
    """Whether this data directory holds cohorts of other countries, whose doors would be open here too."""
    others = Site.objects.exclude(country=country).values_list("pk", flat=True)
    return any(_cohorts(site_id) for site_id in others)


def cohort_here(country: str) -> Cohort | None:
    """The cohort that this laptop collects for: the newest real one, else the one for practice."""
    sites = Site.objects.filter(country=country).values_list("pk", flat=True)
    found = [cohort for site_id in sites for cohort in _cohorts(site_id)]
    return max(found, key=lambda cohort: (not cohort.synthetic, cohort.pk), default=None)


def _cohorts(site_id: int) -> list[Cohort]:
    with site_scope(site_id):
        return list(Cohort.objects.filter(site_id=site_id))


def door_token(cohort: Cohort) -> str:
    """The link of a laptop's cohort, the same at every start: the database holds only its hash."""
    message = f"laptop-door:{cohort.pk}".encode()
    return hmac.digest(settings.SECRET_KEY.encode(), message, "sha256").hex()[:24]
