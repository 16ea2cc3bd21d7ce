"""Things that several tests need, made as the role that makes them in life."""

# reports --------------------------------------------------------------------------------------------------------------

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.contrib.auth.hashers import make_password
from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.oath import TOTP

from accounts import seeds
from accounts.models import Authenticator, Role, User
from reports import assembling, releasing, runs
from reports.models import Comparison
from survey.models import Site, Version
from tests.roles import acting_as

PASSWORD = "cedar-delta-heron-maple-ocean"


def make_staff(username: str = "coordinator", role: str = Role.Name.COORDINATOR, site: Site | None = None) -> User:
    """A member of staff with one role and an app for the second factor."""
    with acting_as("survey_owner"):
        user = User.objects.create(username=username, password=_hashed())
        Role.objects.create(user=user, name=role, site_id=site.pk if site else None)
        give_app(user)
    return user


@lru_cache
def _hashed() -> str:
    """Hashed once: tests make hundreds of accounts, and a good hash is slow."""
    return make_password(PASSWORD)


def give_app(user: User) -> None:
    Authenticator.objects.create(user=user, name="app", key=seeds.sealed(b"s" * 20, user_id=user.pk))


def app_code(username: str) -> str:
    """What the app shows. It may be used again: tests sign in more often than twice a minute."""
    with acting_as("survey_owner"):
        Authenticator.objects.filter(user__username=username).update(last_t=-1)
        device = Authenticator.objects.get(user__username=username)
    return str(TOTP(device.bin_key).token()).zfill(6)


def walk_in(page: Any, username: str, password: str = PASSWORD) -> None:
    """Both steps of the sign-in page that a browser shows."""
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("main button.go")
    page.fill("#code", app_code(username))
    page.click("main button.go")


def signed_in(client: Client, user: User | str) -> Client:
    """This client, in the desk with both factors; a user may be called by name."""
    user = User.objects.get(username=user) if isinstance(user, str) else user
    client.force_login(user)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = Authenticator.objects.get(user=user).persistent_id
    session.save()
    return client


def begin_comparison(version: Version, sites: Sequence[Site], by: str = "coordinator") -> Comparison:
    """A comparison that nobody has counted yet."""
    return runs.start(version=version, sites=sites, tables=["one"], by=by)


def finish_comparison(comparison: Comparison) -> Comparison:
    """The same comparison, counted and assembled as a worker does it."""
    with acting_as("survey_worker"):
        for site_id, release_id in runs.unfinished_releases(comparison):
            releasing.make_release(site_id=site_id, release_id=release_id)
        assembling.assemble(comparison_id=comparison.pk)
        return Comparison.objects.get(pk=comparison.pk)
