"""Links: a cohort's open one, the way from it to its cohort, and the way out."""

import hashlib
import secrets

from accounts import audit
from survey import invitations
from survey.models import Cohort, Locator, Site, Version
from survey.publishing import protocol_of
from survey.scope import site_scope

# Where nobody names a neutral site.
ANYWHERE = "https://www.wikipedia.org/"
LETTERS_IN_TOKEN, LETTERS_IN_GROUP = 20, 5


def new_token() -> str:
    """99 random bits in groups that can be read aloud."""
    letters = "".join(secrets.choice(invitations.LETTERS) for _ in range(LETTERS_IN_TOKEN))
    return "-".join(letters[at : at + LETTERS_IN_GROUP] for at in range(0, LETTERS_IN_TOKEN, LETTERS_IN_GROUP))


def link_hash(token: str) -> bytes:
    """What is stored of a link, however it is grouped: it carries 96 random bits or more, so a plain hash will do."""
    return hashlib.sha256(b"cohort-link:" + token.lower().replace("-", "").encode()).digest()


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


def switch_on(*, cohort: Cohort, by: str) -> str:
    """Give a cohort a new link, in place of one that it had; returns its token, which is stored nowhere.

    Raises ShutCohortError when the cohort takes in nobody any more.
    """
    token = new_token()
    with site_scope(cohort.site_id):
        invitations.require_recruiting(cohort.pk)
        set_link(cohort=cohort, token=token)
        audit.record(by=by, action="link-made", cohort=str(cohort))
    return token


def switch_off(*, cohort: Cohort, by: str) -> None:
    """Take a cohort's link out of use for good. Raises ShutCohortError once frozen."""
    with site_scope(cohort.site_id):
        invitations.require_unfrozen(cohort.pk)
        drop_link(cohort=cohort)
        audit.record(by=by, action="link-ended", cohort=str(cohort))


def set_daily_cap(*, cohort: Cohort, cap: int | None, by: str) -> None:
    """Let at most so many people begin in a day through the link; None for any number. ShutCohortError once frozen."""
    with site_scope(cohort.site_id):
        invitations.require_unfrozen(cohort.pk)
        Cohort.objects.filter(pk=cohort.pk).update(daily_cap=cap)
        audit.record(by=by, action="daily-cap", cohort=str(cohort), cap=cap or 0)


def leads_to(token: str, cohort: Cohort) -> bool:
    """Whether a token is that of the cohort's present link."""
    return cohort.link_hash is not None and bytes(cohort.link_hash) == link_hash(token)


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


def offered(cohort: Cohort, country: str) -> tuple[str, ...]:
    """The languages in which people of a cohort can take part."""
    return tuple(cohort.languages) or protocol_of(cohort.version_id).country(country).languages


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
