"""Links: a cohort's open one, the way from it to its cohort, and the way out."""

import hashlib

from survey.models import Cohort, Locator, Site, Version
from survey.publishing import protocol_of
from survey.scope import site_scope

# Where nobody names a neutral site.
ANYWHERE = "https://www.wikipedia.org/"


def link_hash(token: str) -> bytes:
    """What is stored of a link. Tokens carry at least 96 random bits, so a plain hash tells nothing."""
    return hashlib.sha256(b"cohort-link:" + token.encode()).digest()


def set_link(*, cohort: Cohort, token: str) -> None:
    """Give a cohort its link, in place of one that it had; only the hash is kept."""
    with site_scope(cohort.site_id):
        drop_link(cohort=cohort)
        Locator.objects.create(hash=link_hash(token), site_id=cohort.site_id)
        Cohort.objects.filter(pk=cohort.pk).update(link_hash=link_hash(token))


def drop_link(*, cohort: Cohort) -> None:
    """Take a cohort's link out of use: whoever opens it finds nothing."""
    with site_scope(cohort.site_id):
        old = Cohort.objects.values_list("link_hash", flat=True).get(pk=cohort.pk)
        Locator.objects.filter(pk=old).delete()
        Cohort.objects.filter(pk=cohort.pk).update(link_hash=None)


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


def exit_address(*, site_id: int, cohort_id: int) -> str:
    """The neutral site to which people of a cohort leave, else their country's; unknown ones leave too."""
    site = Site.objects.filter(pk=site_id).first()
    if site is None:
        return ANYWHERE
    with site_scope(site_id):
        own = Cohort.objects.filter(pk=cohort_id).values_list("exit", flat=True).first()
    return own or _exit_of_country(site)


def _exit_of_country(site: Site) -> str:
    newest = Version.objects.filter(study_id=site.study_id).defer("sheets").order_by("-number").first()
    countries = protocol_of(newest.pk).countries if newest else ()
    return next((country.exit for country in countries if country.code == site.country and country.exit), ANYWHERE)
