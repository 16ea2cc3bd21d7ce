"""The field laptop: a cohort goes out to it as a small file, and its questions are asked where there is no line.

The cohort file carries the key of the receipts that the laptop gives out, so that they take answers back on the server
too. It opens no answer, but whoever has it and the server's database could try receipts: keep it from strangers.
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

from accounts import audit
from survey import drafts, links
from survey.cohorts import Setup, State
from survey.links import country_of
from survey.models import Cohort, Site, Study, Version
from survey.publishing import latest_version
from survey.scope import site_scope

FORMAT = 1
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


# On the server -------------------------------------------------------------------------------------------------------


def cohort_file(*, cohort: Cohort, by: str) -> bytes:
    """A cohort as a file for a field laptop, written into the audit trail."""
    version = Version.objects.select_related("study").defer("sheets").get(pk=cohort.version_id)
    told = {
        "format": FORMAT,
        "study": version.study.slug,
        "country": country_of(cohort.site_id),
        **{name: getattr(version, name) for name in _HASHES},
        "receipts": drafts.laptop_key(cohort.site_id),
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
    hashes = {name: str(told[name]) for name in _HASHES}
    return Orders(str(told["study"]), str(told["country"]), hashes, told["receipts"], setup)


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
