"""Where somebody stands who types a sheet of paper: a section at a time, since nobody has to be led gently."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from survey.drafts import Sheet
from survey.entry_forms import EntryForm, words_of
from survey.forms import asked_on
from survey.paper import numbers_of
from survey.protocol import routing
from survey.protocol.routing import Page
from survey.protocol.schema import Answer, Answers, Kind, Missing, Protocol, Question

# Fields of a page: enough for any section that a person overlooks, within what the server takes.
MOST_QUESTIONS = 80


@dataclass(frozen=True, slots=True)
class Given:
    """One line of the review: a question's number, its label, and its answer in words."""

    number: int
    label: str
    answer: str


@dataclass(frozen=True, slots=True)
class Step:
    """What an action led to: the sheet to keep, and the question at which to go on ('' for the first of the page)."""

    sheet: Sheet
    focus: str = ""


class EntryJourney:
    """A sheet under way with its stretches. Those without a question on the route do not exist for it."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.protocol: Protocol = sheet.protocol
        self.stretches = stretches(self.protocol)
        self.numbers = numbers_of(self.protocol)
        self.counted = self._counted(sheet.answers)
        self.place = self._on_route(max(sheet.place, 0), self.counted, 1)

    @property
    def at_review(self) -> bool:
        return self.place == len(self.stretches)

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        return self.stretches[self.place]

    @property
    def first(self) -> bool:
        """Whether there is nothing to go back to."""
        return self._on_route(self.place - 1, self.counted, -1) < 0

    @property
    def title(self) -> str:
        return self.pages[0].section.title.get(self.sheet.language, self.sheet.country)

    def at(self, place: int) -> "EntryJourney":
        """The same sheet at the stretch that a form was made for."""
        return EntryJourney(replace(self.sheet, place=place))

    def form(self, data: Mapping[str, Any] | None, focus: str = "") -> EntryForm:
        """The form of the present stretch."""
        sheet = self.sheet
        form = EntryForm(
            data,
            pages=self.pages,
            answers=self.counted,
            country=sheet.country,
            language=sheet.language,
            numbers=self.numbers,
        )
        form.focus_on(focus)
        return form

    def saved(self, form: EntryForm) -> Sheet:
        """The sheet with what was valid, where it is."""
        return replace(self.sheet, answers={**self.sheet.answers, **form.answers}, place=self.place)

    def onward(self, form: EntryForm) -> Step:
        """The sheet after a finished stretch: at a follow-up that it opened, else at the next one or the review."""
        sheet = self.saved(form)
        counted = self._counted(sheet.answers)
        opened = [question.name for question in self._asked(self.place, counted) if question.name not in form.questions]
        if opened:
            return Step(sheet, opened[0])
        return Step(replace(sheet, place=self._on_route(self.place + 1, counted, 1)))

    def back(self, sheet: Sheet) -> Step:
        """The sheet one stretch earlier."""
        place = self._on_route(self.place - 1, self._counted(sheet.answers), -1)
        return Step(replace(sheet, place=place if place >= 0 else self.place))

    def jump(self, sheet: Sheet, number: int) -> Step | None:
        """The sheet at the question with this number; None when it is not asked after these answers."""
        counted = self._counted(sheet.answers)
        for place in range(len(self.stretches)):
            for question in self._asked(place, counted):
                if self.numbers[question.name] == number:
                    return Step(replace(sheet, place=place), question.name)
        return None

    def repeats(self, form: EntryForm) -> bool:
        """Whether a form says nothing that is not saved already, as the second half of a double press."""
        held = self.sheet.answers
        return not form.errors and all(held.get(name, Missing.BLANK) == answer for name, answer in form.answers.items())

    def review(self) -> list[Given]:
        """Every asked question with its answer."""
        country, language = self.sheet.country, self.sheet.language
        return [
            Given(
                self.numbers[question.name],
                question.label.get(language, country),
                words_of(question, self.counted.get(question.name, Missing.BLANK), country, language),
            )
            for place in range(len(self.stretches))
            for question in self._asked(place, self.counted)
        ]

    def _asked(self, place: int, counted: Answers) -> list[Question]:
        return [
            question
            for page in self.stretches[place]
            for question in asked_on(page, counted, self.sheet.country)
            if question.kind is not Kind.NOTE
        ]

    def _counted(self, answers: Answers) -> dict[str, Answer]:
        return routing.on_route(self.protocol, answers, self.sheet.country)

    def _on_route(self, place: int, counted: Answers, step: int) -> int:
        """The nearest stretch with a question, from `place` on: -1 before the first, their number for the review."""
        place = min(place, len(self.stretches))
        while 0 <= place < len(self.stretches) and not self._asked(place, counted):
            place += step
        return place


def stretches(protocol: Protocol) -> tuple[tuple[Page, ...], ...]:
    """The pages that are typed at once: those of a section, as far as none hangs on a choice made on the same form."""
    found: list[list[Page]] = []
    for page in routing.pages(protocol):
        if found and _goes_on(found[-1], page):
            found[-1].append(page)
        else:
            found.append([page])
    return tuple(tuple(pages) for pages in found)


def _goes_on(before: list[Page], page: Page) -> bool:
    """Whether a page can be typed with those before it: its choices and constraints must be known when it is made."""
    typed = {question.name for earlier in before for question in earlier.questions}
    needed = {
        name
        for question in page.questions
        for expression in (question.choice_filter, question.constraint)
        if expression is not None
        for name in expression.references()
    }
    fits = len(typed) + len(page.questions) <= MOST_QUESTIONS
    return before[0].section is page.section and fits and not needed & typed
