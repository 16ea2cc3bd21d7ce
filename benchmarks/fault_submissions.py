"""Faults that meet people who answer: processes die, lines are cut, buttons are pressed twice, windows stand open."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

from benchmarks.findings import (
    BARE,
    DOUBLED,
    DRAFT_LOST,
    INCOMPLETE,
    LOST,
    NOT_TOLD,
    OVERWRITTEN,
    SENT,
    Findings,
    seconds,
)
from benchmarks.found import RESPONSES, number_stored, stored_texts, trial_link
from benchmarks.person import Person, told_stale
from benchmarks.stage import Stage

COUNTRY = "MX"
NOT_ACKNOWLEDGED, NOT_STORED = "stored once, and not acknowledged", "not stored, and not acknowledged"


def fate(person: Person, copies: int, whole: bool) -> str:
    """What became of somebody's answers."""
    if person.lost_draft:
        return DRAFT_LOST
    if copies == 0:
        return LOST if person.thanked else NOT_STORED
    if copies > 1:
        return DOUBLED
    return (SENT if person.thanked else NOT_ACKNOWLEDGED) if whole else INCOMPLETE


def judged(findings: Findings, people: list[Person]) -> Findings:
    """Look for everybody's answers in the database. Nobody else wrote what one of them wrote."""
    texts = stored_texts(COUNTRY)
    copies = Counter(mark for response in texts for mark in set(response))
    fields = {mark: len(response) for response in texts for mark in set(response)}
    for person in people:
        whole = fields.get(person.mark) == person.texts_typed
        findings.found[fate(person, copies[person.mark], whole)] += 1
        if person.bare:
            findings.found[BARE] += len(person.bare)
    cut = sum(person.cut_off for person in people)
    told = sum(person.told for person in people)
    findings.note = f"; {cut} of them cut off, {told} told to wait, before the answer came"
    findings.note += "".join(f"; “{page}”" for person in people for page in person.bare)
    return findings


def while_busy(findings: Findings, busy: Callable[[], None], wait: float, fault: Callable[[], None]) -> None:
    """Let somebody be busy, do the damage a while later, and note how long it took them all the same."""
    thread = threading.Thread(target=busy)
    began = time.monotonic()
    thread.start()
    time.sleep(wait)
    fault()
    thread.join()
    findings.seconds.append(time.monotonic() - began)


def web_killed(stage: Stage, *, times: int, rng: random.Random) -> Findings:
    """Kill every web worker while somebody sends answers; afterwards each response must be there exactly once."""
    findings = Findings("Web workers killed while answers are sent")
    usual = seconds(Person(stage, trial_link(COUNTRY), "undisturbed").at_review().send)
    people = [Person(stage, trial_link(COUNTRY), f"mark {number}").at_review() for number in range(times)]
    for person in people:
        while_busy(findings, person.send, rng.uniform(0, usual), stage.kill_web_workers)
        stage.wait_for_web()
    return judged(findings, people)


# The database --------------------------------------------------------------------------------------------------------


def database_faults(stage: Stage, *, times: int, rng: random.Random) -> Iterator[Findings]:
    """Each fault at a random moment of somebody's way through the whole questionnaire."""

    def terminate() -> None:
        stage.superuser("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'survey_app'")

    def kill() -> None:
        for backend in stage.web_backends()[:1]:
            os.kill(backend, signal.SIGKILL)

    faults: dict[str, Callable[[], None]] = {
        "Lines to the database cut while somebody answers": terminate,
        "A database process killed while somebody answers": kill,
        "Database crashed (immediate stop) while somebody answers": stage.crash_database,
    }
    usual = seconds(Person(stage, trial_link(COUNTRY), "unhurt").finish)
    for what, fault in faults.items():
        findings, people = Findings(what), []
        for number in range(times):
            person = Person(stage, trial_link(COUNTRY), f"{what} {number}")
            people.append(person)
            while_busy(findings, person.finish, rng.uniform(0, usual), fault)
            stage.wait_for_database()
        yield judged(findings, people)


CUT = f"""
CREATE SEQUENCE public.bench_cuts;
CREATE FUNCTION public.bench_cut() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    -- A sequence is not rolled back: every other transaction lives.
    IF nextval('public.bench_cuts') % 2 = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER bench_cut AFTER INSERT ON {RESPONSES} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION public.bench_cut();
"""
UNCUT = f"DROP TRIGGER bench_cut ON {RESPONSES}; DROP FUNCTION public.bench_cut; DROP SEQUENCE public.bench_cuts"


def cut_before_commit(stage: Stage, *, times: int) -> Findings:
    """The first try of everybody ends after INSERT, as COMMIT begins; the second one goes through."""
    findings = Findings("Line cut between INSERT and COMMIT of the answers")
    people = [Person(stage, trial_link(COUNTRY), f"cut {number}").at_review() for number in range(times)]
    stage.superuser(CUT)
    for person in people:
        findings.seconds.append(seconds(person.send))
    stage.superuser(UNCUT)
    return judged(findings, people)


# Twice ---------------------------------------------------------------------------------------------------------------


def sent_at_once(stage: Stage, *, times: int, rng: random.Random) -> Findings:
    """Everybody sends the same answers two to eight times at once; there must be as many responses as people."""
    findings, presses = Findings("Answers sent 2 to 8 times at once"), 0
    before = number_stored(COUNTRY)
    people = [Person(stage, trial_link(COUNTRY), f"double {number}").at_review() for number in range(times)]
    for person in people:
        again = rng.randint(2, 8)
        presses += again
        threads = [threading.Thread(target=person.send) for _ in range(again)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        findings.seconds.append(time.monotonic() - began)
    judged(findings, people)
    findings.note = f"; {presses:,} presses, {number_stored(COUNTRY) - before} new responses"
    if number_stored(COUNTRY) - before != times:
        findings.found[DOUBLED] += 1
    return findings


def two_windows(stage: Stage, *, times: int) -> Findings:
    """Two windows show the same page; one saves, then the other. The second must be told, and the first one kept."""
    findings = Findings("Two windows saving in turn")
    person = Person(stage, trial_link(COUNTRY), "windows").at_text()
    for number in range(times):
        first, second = f"first {number}", f"second {number}"
        stale = person.page
        person.press_with(stale, first)
        answer = person.press_with(stale, second)
        kept = person.back_at(stale).shown_texts
        if first not in kept:
            findings.found[OVERWRITTEN] += 1
        elif told_stale(answer, second):
            findings.found["told, and the first kept"] += 1
        else:
            findings.found[NOT_TOLD] += 1
    return findings
