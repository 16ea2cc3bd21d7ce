"""What happened to a comparison, in order: who asked, how each country was counted, how it ended."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reports.models import Comparison, JobState, Release
from reports.progress import country_label, reason_text
from survey.models import Site
from survey.publishing import protocol_of
from survey.scope import study_scope


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `at` is None where nobody wrote down when."""

    at: datetime.datetime | None
    text: str


def events_of(comparison: Comparison, *, language: str) -> list[Event]:
    """The history of a comparison as its rows tell it, oldest first."""
    protocol = protocol_of(comparison.version_id)
    with study_scope(comparison.study_id):
        sites = {site.pk: site for site in Site.objects.filter(study_id=comparison.study_id)}
        releases = sorted(comparison.releases.defer("cells"), key=lambda one: sites[one.site_id].position)
    names = {one.pk: country_label(protocol, sites[one.site_id].country, language) for one in releases}
    found = [_asked(comparison), *(event for one in releases for event in _of_release(comparison, one, names[one.pk]))]
    found += _end(comparison, releases)
    return sorted(found, key=lambda event: event.at or comparison.requested_at)


def _asked(comparison: Comparison) -> Event:
    return Event(comparison.requested_at, _("%(who)s asked for the comparison.") % {"who": comparison.requested_by})


def _of_release(comparison: Comparison, release: Release, country: str) -> Iterator[Event]:
    values = {"country": country, "number": release.attempts}
    done = release.state == JobState.DONE
    if done and release.beat_at is not None and release.beat_at < comparison.requested_at:
        yield Event(comparison.requested_at, _("%(country)s was counted already for an earlier comparison.") % values)
        return
    if release.begun_at is not None:
        again = release.attempts > 1
        begun = _("%(country)s: attempt %(number)s began.") if again else _("%(country)s: counting began.")
        yield Event(release.begun_at, begun % values)
    if done:
        yield Event(release.beat_at, _("%(country)s was counted.") % values)
    if release.state == JobState.FAILED:
        reason = {**values, "reason": reason_text(release.reason)}
        yield Event(release.beat_at, _("%(country)s: counting stopped. %(reason)s") % reason)
    if release.state == JobState.LOCKED:
        yield Event(release.beat_at, _("%(country)s waits for its key.") % values)


def _end(comparison: Comparison, releases: Sequence[Release]) -> list[Event]:
    if comparison.state == JobState.CANCELLED:
        who = {"who": comparison.cancelled_by}
        return [Event(comparison.cancelled_at, _("%(who)s cancelled the comparison.") % who)]
    if comparison.state == JobState.DONE:
        beats = [release.beat_at for release in releases if release.beat_at is not None]
        # It was put together as soon as the last country was there.
        return [Event(max([comparison.requested_at, *beats]), _("The tables were put together."))]
    return []
