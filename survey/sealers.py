"""What seals answers as they come in. Whoever stores them cannot open them again.

A process draws a data key for a site, stores it sealed to the site's public key, goes on with it for at most an hour,
and forgets it. Where the study says that its records are open, nothing is sealed.
"""

import threading
import time
import uuid
from dataclasses import dataclass

from django.db import transaction

from survey import datakeys
from survey.datakeys import DataKey, Place
from survey.locks import Lock, share
from survey.models import DataKey as DataKeyRow
from survey.models import SiteKey
from survey.publishing import protocol_of

LONGEST_SECONDS = 3600
OPEN_RECORDS = "open"


class NoKeyError(Exception):
    """The site has no key to seal answers to: it is not set up yet, or it was erased."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Seals what is stored for one site; under no key where the study says that its records are open."""

    data_key: DataKey | None

    @property
    def key_id(self) -> uuid.UUID | None:
        return self.data_key.id if self.data_key is not None else None

    def record(self, record: bytes, place: Place) -> bytes:
        return record if self.data_key is None else self.data_key.seal(record, place.context(datakeys.RECORD))

    def content(self, plain: bytes, place: Place, kind: bytes) -> bytes:
        return plain if self.data_key is None else self.data_key.seal_padded(plain, place.context(kind))


def sealer(*, site_id: int, version_id: int) -> Sealer:
    """What seals the answers to a version in a site. Needs the site's scope, and a transaction that stores them.

    Raises NoKeyError.
    """
    if protocol_of(version_id).settings.records == OPEN_RECORDS:
        return Sealer(None)
    # Whoever gives the site another key waits for those who seal to the present one.
    share(Lock.KEYS, site_id)
    current = SiteKey.objects.filter(site_id=site_id, state=SiteKey.State.CURRENT).only("number", "public").first()
    if current is None:
        raise NoKeyError
    return Sealer(_CACHE.get(site_id, current.number) or _new_data_key(current))


def can_seal(*, site_id: int, version_id: int) -> bool:
    """Whether answers to a version can be stored in a site now. Needs the site's scope."""
    if protocol_of(version_id).settings.records == OPEN_RECORDS:
        return True
    return SiteKey.objects.filter(site_id=site_id, state=SiteKey.State.CURRENT).exists()


def _new_data_key(current: SiteKey) -> DataKey:
    data_key = datakeys.new_data_key()
    DataKeyRow(
        id=data_key.id,
        site_id=current.site_id,
        site_key=current.number,
        sealed=datakeys.seal_key(data_key, bytes(current.public), site_id=current.site_id),
    ).save(force_insert=True)
    # Used again only once its row is there for good: a transaction that fails takes the row with it.
    born, site_id, number = time.monotonic(), current.site_id, current.number
    transaction.on_commit(lambda: _CACHE.put(site_id, number, data_key, born))
    return data_key


class _Cache:
    """The data keys of this process, by site. None stays longer than an hour, used or not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[int, tuple[int, DataKey, float]] = {}

    def get(self, site_id: int, number: int) -> DataKey | None:
        """A key that is sealed to the site's present key, young enough, and stored: a restored backup may lack it."""
        with self._lock:
            found = self._keys.get(site_id)
        if found is None or found[0] != number or time.monotonic() - found[2] >= LONGEST_SECONDS:
            return None
        return found[1] if DataKeyRow.objects.filter(site_id=site_id, id=found[1].id).exists() else None

    def put(self, site_id: int, number: int, data_key: DataKey, born: float) -> None:
        with self._lock:
            self._keys[site_id] = (number, data_key, born)
        timer = threading.Timer(LONGEST_SECONDS, self._forget, (site_id, data_key.id))
        timer.daemon = True
        timer.start()

    def _forget(self, site_id: int, number: uuid.UUID) -> None:
        with self._lock:
            if site_id in self._keys and self._keys[site_id][1].id == number:
                del self._keys[site_id]

    def clear(self) -> None:
        with self._lock:
            self._keys.clear()


_CACHE = _Cache()


def forget_data_keys() -> None:
    """Drop the data keys of this process now."""
    _CACHE.clear()
