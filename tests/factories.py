"""Things that several tests need, made as the role that makes them in life."""

# reports --------------------------------------------------------------------------------------------------------------

from collections.abc import Sequence

from accounts.models import Role, User
from reports import assembling, releasing, runs
from reports.models import Comparison
from survey.models import Site, Version
from tests.roles import acting_as

PASSWORD = "cedar-delta-heron-maple-ocean"


def make_staff(username: str = "coordinator", role: str = Role.Name.COORDINATOR, site: Site | None = None) -> User:
    """A member of staff with one role."""
    with acting_as("survey_owner"):
        user = User.objects.create_user(username, PASSWORD)
        Role.objects.create(user=user, name=role, site_id=site.pk if site else None)
    return user


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
