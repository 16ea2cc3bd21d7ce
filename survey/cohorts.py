"""Cohorts: their links, the way from a link to its cohort, and the way out."""

import hashlib

from survey.models import Cohort, Locator, Site, Version
from survey.publishing import protocol_of
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


def country_of(site_id: int) -> str:
    """The country code of a site."""
    return str(Site.objects.values_list("country", flat=True).get(pk=site_id))


# Where a country names no neutral site.
ANYWHERE = "https://www.wikipedia.org/"


def exit_address(*, site_id: int) -> str:
    """The neutral site to which people of a country leave; unknown sites leave too."""
    site = Site.objects.filter(pk=site_id).first()
    newest = (
        Version.objects.filter(study_id=site.study_id).defer("sheets").order_by("-number").first() if site else None
    )
    if site is None or newest is None:
        return ANYWHERE
    countries = protocol_of(newest.pk).countries
    return next((country.exit for country in countries if country.code == site.country and country.exit), ANYWHERE)
