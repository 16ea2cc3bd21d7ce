"""Where a participant stands in the questionnaire, and where an action leads."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from survey.drafts import Sheet
from survey.forms import PageForm, asked_on
from survey.language import ui_language
from survey.protocol import routing
from survey.protocol.routing import Page
from survey.protocol.schema import Answer, Answers, Missing, Protocol, Question, Section

GO_TO, REVIEW = "page-", "review"


@dataclass(frozen=True, slots=True)
class Given:
    """One line of the review: a question, its answer in words, and the page that it is on."""

    label: str
    answer: str
    page: str


class Journey:
    """A sheet with its pages. Pages without a question on the route do not exist for it."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.protocol: Protocol = sheet.protocol
        self.pages: tuple[Page, ...] = routing.pages(self.protocol)
        self.counted = self._counted(sheet)
        self.place = self._on_route(max(sheet.place, 0), self.counted, 1)

    def at(self, place: str) -> "Journey":
        """The same sheet at the page that a form was made for, which need not be the newest one."""
        found = whole(place)
        return self if found is None else Journey(replace(self.sheet, place=found))

    @property
    def offered(self) -> tuple[str, ...]:
        """The languages that the questionnaire can be changed to."""
        return self.sheet.languages or self.protocol.country(self.sheet.country).languages

    @property
    def at_review(self) -> bool:
        return self.place == len(self.pages)

    @cached_property
    def page(self) -> Page:
        return self.pages[self.place]

    def form(self, data: Mapping[str, Any] | None) -> PageForm | None:
        """The form of the present page, None on the review."""
        if self.at_review:
            return None
        with translation.override(ui_language(self.sheet.language)):
            form = PageForm(
                data,
                page=self.page,
                answers=self.counted,
                country=self.sheet.country,
                language=self.sheet.language,
            )
            if data is not None:
                form.is_valid()
            return form

    def after(self, form: PageForm | None, action: str, language: str) -> Sheet:
        """The sheet after an action: valid answers taken over, the place moved."""
        answers = {**self.sheet.answers, **(form.answers if form else {})}
        sheet = replace(self.sheet, answers=answers)
        if language in self.offered:
            return replace(sheet, language=language)
        place = self._place_after(self._counted(sheet), form, action)
        reached = max(sheet.reached, self._section_at(place))
        return replace(sheet, place=place, reached=reached, reviewed=sheet.reviewed or place == len(self.pages))

    def _section_at(self, place: int) -> int:
        names = [section.name for section in self.protocol.sections]
        return len(names) if place == len(self.pages) else names.index(self.pages[place].section.name)

    def to_next_unanswered(self) -> Sheet:
        """The sheet at the page after the last one with an answer; at the review when that was the last."""
        answered = [
            place
            for place, page in enumerate(self.pages)
            if any(self._is_answered(question) for question in page.questions)
        ]
        place = self._on_route(max(answered, default=-1) + 1, self.counted, 1)
        return replace(self.sheet, place=place)

    def _is_answered(self, question: Question) -> bool:
        return self.sheet.answers.get(question.name, Missing.BLANK) is not Missing.BLANK

    def repeats(self, form: PageForm | None) -> bool:
        """Whether a form says nothing that is not saved already, as the second half of a double click."""
        return form is None or (
            not form.errors
            and all(self.sheet.answers.get(name, Missing.BLANK) == answer for name, answer in form.answers.items())
        )

    def _place_after(self, counted: Answers, form: PageForm | None, action: str) -> int:
        chosen = whole(action.removeprefix(GO_TO)) if action.startswith(GO_TO) else None
        if form is None and chosen is not None:
            return self._on_route(chosen, counted, 1)
        if action == "back":
            place = self._on_route(self.place - 1, counted, -1)
            return place if place >= 0 else self.place
        if form is None or action not in ("next", REVIEW):
            return self.place
        # A follow-up that these answers opened on this very page is asked before going on.
        opened = {question.name for question in asked_on(self.page, counted, self.sheet.country)}
        if opened - {question.name for question in form.questions}:
            return self.place
        return len(self.pages) if action == REVIEW else self._on_route(self.place + 1, counted, 1)

    def _counted(self, sheet: Sheet) -> Answers:
        return routing.on_route(self.protocol, sheet.answers, sheet.country)

    def _on_route(self, place: int, counted: Answers, step: int) -> int:
        """The nearest page with a question, from `place` on: -1 before the first one, their number for the review."""
        place = min(place, len(self.pages))
        while 0 <= place < len(self.pages) and not asked_on(self.pages[place], counted, self.sheet.country):
            place += step
        return place

    def frame(self) -> dict[str, Any]:
        """What the page's frame shows: section, progress, revision."""
        language, country = self.sheet.language, self.sheet.country
        of = len(self.protocol.sections)
        at = self._section_at(self.place)
        section = None if self.at_review else self.page.section
        return {
            "revision": self.sheet.revision,
            "place": self.place,
            "reviewed": self.sheet.reviewed,
            "steps": [index <= at for index in range(of)],
            "step": at + 1,
            "of": of,
            "first": self._on_route(self.place - 1, self.counted, -1) < 0,
            "title": section.title.get(language, country) if section else "",
            "lead": section.lead.get(language, country) if section and self._opens(section) else "",
        }

    def _opens(self, section: Section) -> bool:
        return self.place == 0 or self.pages[self.place - 1].section is not section

    def review(self) -> list[tuple[str, list[Given]]]:
        """Every asked question with its answer, by section."""
        language, country = self.sheet.language, self.sheet.country
        sections: dict[str, list[Given]] = {}
        with translation.override(ui_language(language)):
            for place, page in enumerate(self.pages):
                for question in asked_on(page, self.counted, country):
                    answer = self.counted.get(question.name, Missing.BLANK)
                    line = Given(
                        question.label.get(language, country), self._words(question, answer), f"{GO_TO}{place}"
                    )
                    sections.setdefault(page.section.title.get(language, country), []).append(line)
        return list(sections.items())

    def _words(self, question: Question, answer: Answer) -> str:
        if answer is Missing.PREFER_NOT:
            return _("I prefer not to answer")
        if isinstance(answer, Missing):
            return ""
        if question.choices is None:
            return str(answer)
        names = answer if isinstance(answer, tuple) else (answer,)
        chosen = [choice for choice in question.options if choice.name in names]
        return " · ".join(choice.label.get(self.sheet.language, self.sheet.country) for choice in chosen)


def whole(text: str) -> int | None:
    """A small number as a form sends it, in any script's digits; long ones are refused unread."""
    return int(text) if text.isdecimal() and len(text) <= 4 else None
