"""bin/bench desk: what the researcher's desk costs at its largest: invitations, slips, participants, the morning page.

Each figure is the middle one of several tries. Pages are asked for over HTTP by somebody who is signed in.
"""

import argparse
import datetime
import re
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.stage import STUDY, Stage, stage
from benchmarks.visitor import Visitor

INVITATIONS, PEOPLE, DAYS = 5_000, 10_000, 365


def main(arguments: list[str]) -> int:
    argparse.ArgumentParser(prog="bin/bench desk", description=__doc__).parse_args(arguments)
    with stage() as built:
        built.manage("load_demo", str(STUDY))
        printed = built.manage("create_demo_researchers", role="survey_owner")
        built.start("web")
        cohort = trial_cohort()
        visitor = signed_in(built, printed)
        invite(cohort)
        register(cohort)
        tally(cohort)
        for place in ("", "participants/", "participants/?page=99", "participants/attributions/", "invitations/"):
            address = f"/desk/sites/{cohort.site_id}/cohorts/{cohort.pk}/{place}"
            seconds = middle(lambda address=address: visitor.open(address))  # type: ignore[misc]
            print(f"Page {place or 'of the morning':<28} {1000 * seconds:>7,.0f} ms")
    return 0


def middle(act: Callable[[], Any], tries: int = 5) -> float:
    """Seconds of the middle try."""
    seconds = []
    for _ in range(tries):
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def trial_cohort() -> Any:
    from reports import demo
    from survey.models import Cohort, Site
    from survey.scope import site_scope

    site = Site.objects.get(study__slug="defenders", country="KE")
    with site_scope(site.pk):
        return Cohort.objects.get(name=demo.TRIAL)


def signed_in(built: Stage, printed: str) -> Visitor:
    found = re.search(r"researcher-ke / (\S+)", printed)
    assert found, printed
    return built.signed_in("researcher-ke", found.group(1))


def invite(cohort: Any) -> None:
    from survey import handouts, invitations
    from survey.scope import site_scope

    seed = invitations.new_seed()
    last_day = datetime.date.today() + datetime.timedelta(days=30)
    made = {"cohort": cohort, "language": "en", "channel": "printed", "expires_on": last_day, "seed": seed}
    began = time.perf_counter()
    _, tokens = invitations.make_batch(size=INVITATIONS, **made)
    print(f"{INVITATIONS:,} invitations made in {time.perf_counter() - began:.2f} s")
    links = [f"https://survey.example.org/i/{token}/" for token in tokens[:400]]
    print(f"400 slips drawn in {middle(lambda: [handouts.qr_code(link) for link in links], 3):.2f} s")

    left = list(tokens)

    def spend() -> None:
        with site_scope(cohort.site_id):
            invitations.spend(cohort_id=cohort.pk, invitation=invitations.token_hash(left.pop()))

    print(f"One of {INVITATIONS:,} spent in {1000 * middle(spend, 9):.0f} ms")


def register(cohort: Any) -> None:
    from survey.models import Participant
    from survey.scope import site_scope

    with site_scope(cohort.site_id):
        Participant.objects.bulk_create(
            Participant(
                site_id=cohort.site_id,
                cohort_id=cohort.pk,
                code=f"X{number:05d}",
                gender=("woman", "man")[number % 2],
                took_interview=True,
                issues=["land", "women"][: number % 3],
                interviewed_in=f"{2015 + number % 9}-{1 + number % 12:02d}",
            )
            for number in range(PEOPLE)
        )
    print(f"{PEOPLE:,} participants")


def tally(cohort: Any) -> None:
    from survey.models import Tally
    from survey.scope import site_scope

    events = [("opened", ""), ("started", ""), ("submitted", ""), *(("minutes", str(band)) for band in (10, 20, 30))]
    today = datetime.date.today()
    with site_scope(cohort.site_id):
        rows = [
            Tally(
                site_id=cohort.site_id,
                cohort_id=cohort.pk,
                day=today - datetime.timedelta(days=ago),
                language=language,
                event=event,
                detail=detail,
                count=3,
            )
            for ago in range(1, DAYS + 1)
            for language in ("en", "sw")
            for event, detail in events
        ]
        Tally.objects.bulk_create(rows)
    print(f"{len(rows):,} tallies of {DAYS} days")
