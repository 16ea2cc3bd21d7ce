"""Cohorts: their links, and the way from a link to its cohort."""

import hashlib

from survey.models import Cohort, Locator
from survey.scope import site_scope


def link_hash(token: str) -> bytes:
    """What is stored of a link. Tokens carry at least 96 random bits, so a plain hash tells nothing."""
    return hashlib.sha256(b"cohort-link:" + token.encode()).digest()


def set_link(*, cohort: Cohort, token: str) -> None:
    """Give a cohort its link; only the hash is kept."""
    with site_scope(cohort.site_id):
        Locator.objects.update_or_create(hash=link_hash(token), defaults={"site_id": cohort.site_id})
        Cohort.objects.filter(pk=cohort.pk).update(link_hash=link_hash(token))


def cohort_for_link(token: str) -> Cohort | None:
    """The cohort that a link leads to, or None."""
    locator = Locator.objects.filter(pk=link_hash(token)).first()
    if locator is None:
        return None
    with site_scope(locator.site_id):
        return Cohort.objects.filter(site_id=locator.site_id, link_hash=link_hash(token)).first()
