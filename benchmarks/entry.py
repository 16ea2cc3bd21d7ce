"""bin/bench entry: keystrokes and server seconds for one whole questionnaire of the bundled study from paper.

The same answers go in three ways: one key a line on the entry pages; the keys of each grid typed at once; and the plain
form that participants fill in. Keys are counted from the pages that the server sends (benchmarks/keyboard.py); server
seconds are from request to answer, over all pages, on this machine.
"""

import argparse
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.keyboard import keystrokes, stops
from benchmarks.stage import STUDY, Stage, stage
from benchmarks.visitor import Page, Visitor
from survey.protocol import routing
from survey.protocol.schema import Answer, Kind, Protocol

COUNTRY, LANGUAGE = "KE", "en"
PEOPLE = ("researcher-ke", "researcher-ke-2")
TEXT = "We look after one another."
MOST_PAGES = 100
Wanted = Mapping[str, Sequence[str]]


@dataclass
class Cost:
    """What one questionnaire cost."""

    pages: int = 0
    keys: int = 0
    text: int = 0
    seconds: float = 0.0


def main(arguments: list[str]) -> int:
    argparse.ArgumentParser(prog="bin/bench entry", description=__doc__).parse_args(arguments)
    with stage() as built:
        built.manage("load_demo", str(STUDY))
        passwords = _make_researchers(built)
        built.start("web")
        desk = Desk(built, passwords)
        by_line, by_grid = (desk.enter(name, in_runs=runs) for name, runs in zip(PEOPLE, (False, True), strict=True))
        seconds = desk.compare()
        plain = fill_in(built)
    print(
        f"{'one questionnaire, every question answered':<46}{'pages':>8}{'keys':>8}{'of them text':>14}{'server s':>10}"
    )
    rows = (("paper, one key a line", by_line), ("paper, grids typed at once", by_grid), ("participant's form", plain))
    for name, cost in rows:
        print(f"{name:<46}{cost.pages:>8}{cost.keys:>8}{cost.text:>14}{cost.seconds:>10.2f}")
    print(f"The two entries agreed; comparing them and storing the response took a worker {seconds:.3f} s.")
    return int(by_line.keys >= plain.keys)


def _make_researchers(built: Stage) -> Mapping[str, str]:
    """Two researchers of the country, with their passwords."""
    from survey.models import Site

    site = Site.objects.get(study__slug="defenders", country=COUNTRY)
    people = [part for name in PEOPLE for part in ("--researcher", f"{name}={site.pk}")]
    return dict(re.findall(r"(\S+) / (\S+)", built.manage("create_demo_accounts", *people, role="survey_owner")))


def sheet() -> Mapping[str, Answer]:
    """Answers to every question: the middle option, the first three boxes, a number, a short sentence."""
    makers: Mapping[str, Callable[..., Answer]] = {
        Kind.SELECT_ONE: lambda question, names: "yes" if "yes" in names else names[len(names) // 2],
        Kind.SELECT_MULTIPLE: lambda question, names: tuple(names[:3]),
        Kind.INTEGER: lambda question, names: min(max(question.low, 34), question.high),
        Kind.TEXT: lambda question, names: TEXT,
        Kind.ACKNOWLEDGE: lambda question, names: "OK",
    }
    found = {}
    for question in _protocol().questions():
        if question.kind is not Kind.NOTE:
            choices = routing.offered(question, {}, COUNTRY)
            names = [choice.name for choice in choices if choice.missing is None and not choice.exclusive]
            found[question.name] = makers[question.kind](question, names)
    return found


def _protocol() -> Protocol:
    from survey.models import Study
    from survey.publishing import latest_version, protocol_of

    return protocol_of(latest_version(Study.objects.get(slug="defenders")).pk)


class Desk:
    """The country's desk with one sheet of paper on it."""

    def __init__(self, built: Stage, passwords: Mapping[str, str]) -> None:
        self.origin = f"http://127.0.0.1:{built.port}"
        # Both are signed in once, and before they type: the wait for a fresh code is no part of the entry.
        self.visitors = {name: built.signed_in(name, passwords[name]) for name in PEOPLE}
        self.cohort = self._cohort()

    def _cohort(self) -> str:
        """A new cohort, open, with a batch of one sheet; its address."""
        visitor = self.visitors[PEOPLE[0]]
        new = re.search(r'"(/desk/sites/\d+/cohorts/new/)"', visitor.open("/desk/cohorts/").text)
        assert new
        made = visitor.press(visitor.open(new.group(1)), {"name": "Paper"})
        address = made.address.removeprefix(self.origin)
        visitor.press(visitor.open(f"{address}state/open/"), {"reason": "benchmark"})
        visitor.press(visitor.open(f"{address}paper/"), {"language": LANGUAGE, "sheets": "1"})
        return address

    def enter(self, name: str, *, in_runs: bool) -> Cost:
        """One entry of the sheet, from its first section to handing it in."""
        visitor, cost = self.visitors[name], Cost()
        page = visitor.press(visitor.open(f"{self.cohort}paper/1/"))
        for _ in range(MOST_PAGES):
            if "/enter/" not in page.address:
                return cost
            page = _send(visitor, page, keys(page, in_runs=in_runs), cost)
        raise AssertionError(page.text)

    def compare(self) -> float:
        """What a worker does with the two entries; returns its seconds."""
        from survey import entry
        from survey.models import PaperSheet
        from survey.scope import site_scope

        [waiting] = entry.waiting_for_comparison()
        site_id, cohort_id, batch, number = waiting
        begun = time.perf_counter()
        entry.compare(site_id=site_id, cohort_id=cohort_id, batch=batch, number=number)
        seconds = time.perf_counter() - begun
        with site_scope(site_id):
            assert PaperSheet.objects.get(cohort_id=cohort_id).state == PaperSheet.State.AGREED
        return seconds


def keys(page: Page, *, in_runs: bool) -> Wanted:
    """What is typed into the fields of an entry page."""
    from survey.entry_forms import keys_of

    answers, here = sheet(), {stop.name for stop in stops(page.text)}
    questions = {question.name: question for question in _protocol().questions()}
    typed = {name: keys_of(questions[name], answers[name], COUNTRY) for name in here & set(answers)}
    batteries = [[q.name for q in one.questions if q.name in here] for one in routing.pages(_protocol()) if one.battery]
    for names in batteries if in_runs else ():
        if len(names) > 1:
            typed |= {**dict.fromkeys(names, ""), names[0]: "".join(typed[name] for name in names)}
    return {name: [value] for name, value in typed.items()}


def fill_in(built: Stage) -> Cost:
    """The participant's form from its first question to sending the answers."""
    from benchmarks.found import trial_link

    visitor, cost = Visitor(f"http://127.0.0.1:{built.port}"), Cost()
    page = visitor.press_without_button(visitor.open(trial_link(COUNTRY)), {"_lang": LANGUAGE})
    answers = {
        name: [str(one) for one in (value if isinstance(value, tuple) else (value,))] for name, value in sheet().items()
    }
    for _ in range(MOST_PAGES):
        if "_rev" in page.fields:
            here = {stop.name for stop in stops(page.text)}
            page = _send(visitor, page, {name: answers[name] for name in here & set(answers)}, cost)
        elif not page.fields:
            return cost
        else:
            page = visitor.press(page, {"agree": "on"} if page.fields.get("_do") == ["start"] else {})
    raise AssertionError(page.text)


def _send(visitor: Visitor, page: Page, wanted: Wanted, cost: Cost) -> Page:
    """Fill in a page and send it, at the cost of its keys."""
    found = stops(page.text)
    filled = Page(page.address, page.status, page.text, {**page.fields, **{n: list(v) for n, v in wanted.items()}})
    filled.action = page.action
    already = {name for name, value in wanted.items() if page.fields.get(name) == list(value)}
    cost.pages += 1
    cost.keys += keystrokes(found, {name: value for name, value in wanted.items() if name not in already})
    cost.text += sum(len(TEXT) for value in wanted.values() if list(value) == [TEXT])
    begun = time.perf_counter()
    answer = visitor.press(filled)
    cost.seconds += time.perf_counter() - begun
    assert answer.status == 200, (answer.status, answer.text)
    return answer
