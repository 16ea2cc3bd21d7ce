"""Researchers who hold a country's key, as tests need them."""

from accounts.models import AuditEntry
from survey import custody, holders
from survey.keyring import fingerprint
from survey.models import KeyHolder, Site, SiteKey
from survey.scope import site_scope
from tests.roles import acting_as

AMINA, BRIAN, CHEP = "abacus zoom candle river stone maple", "ocean tiger lemon cloud bread piano", "six other words"


def ask(site: Site, username: str, passphrase: str) -> KeyHolder:
    return holders.ask(site_id=site.pk, passphrase=passphrase, by=username)


def handed_over(site: Site) -> tuple[KeyHolder, KeyHolder]:
    """The site's key with Amina and Brian."""
    people = (ask(site, "amina", AMINA), ask(site, "brian", BRIAN))
    with acting_as("survey_worker"):
        custody.hand_over(site_id=site.pk, holder_ids=[one.pk for one in people], by="worker")
    return people


def unlocked(site: Site, username: str = "amina", passphrase: str = AMINA) -> str:
    return holders.unlock(site_id=site.pk, passphrase=passphrase, by=username)


def grant(site: Site, person: KeyHolder, token: str) -> None:
    printed = fingerprint(bytes(person.public))
    holders.grant(site_id=site.pk, holder_id=person.pk, fingerprint=printed, token=token, by="amina")


def keys_of(site: Site) -> list[tuple[int, str, str]]:
    with acting_as("survey_worker"), site_scope(site.pk):
        return list(SiteKey.objects.filter(site_id=site.pk).values_list("number", "custody", "state"))


def acts(*wanted: str) -> list[tuple[str, str]]:
    """Who did which of these acts, in order."""
    with acting_as("survey_owner"):
        return list(AuditEntry.objects.filter(action__in=wanted).order_by("pk").values_list("actor", "action"))
