"""Which questions are asked of whom, in which order of pages, and which of a list's choices are offered."""

from collections.abc import Mapping
from dataclasses import dataclass

from survey.protocol.expressions import Expression, Scope, Value
from survey.protocol.schema import Answer, Answers, Battery, Choice, Kind, Missing, Protocol, Question, Section


@dataclass(frozen=True, slots=True)
class Page:
    """What a participant sees at once: one battery, or the loose questions between two batteries of a section."""

    section: Section
    battery: Battery | None
    questions: tuple[Question, ...]


def pages(protocol: Protocol) -> tuple[Page, ...]:
    """All pages of the questionnaire in order, whether or not they are on anybody's route."""
    found: list[Page] = []
    for section in protocol.sections:
        loose: list[Question] = []
        for item in section.items:
            if isinstance(item, Question):
                loose.append(item)
                continue
            if loose:
                found.append(Page(section, None, tuple(loose)))
                loose = []
            found.append(Page(section, item, item.questions))
        if loose:
            found.append(Page(section, None, tuple(loose)))
    return tuple(found)


def values(answers: Answers, country: str) -> dict[str, Value]:
    """Answers as expressions see them: a missing reason without a choice of its own is empty."""
    seen: dict[str, Value] = {name: _value(answer) for name, answer in answers.items()}
    return {**seen, "country": country}


def asked(protocol: Protocol, answers: Answers, country: str) -> frozenset[str]:
    """Names of the questions on the route that these answers open, in one site.

    A question off the route counts as unanswered for all that follow, so a changed early answer closes everything
    that hung on it.
    """
    seen = values(answers, country)
    on_route: set[str] = set()
    for section in protocol.sections:
        section_open = _open(section.relevant, seen)
        for item in section.items:
            item_open = section_open and _open(item.relevant, seen)
            for question in item.questions if isinstance(item, Battery) else (item,):
                if item_open and _open(question.relevant, seen):
                    on_route.add(question.name)
                else:
                    seen.pop(question.name, None)
    return frozenset(on_route)


def asked_of(page: Page, answers: Answers, country: str) -> frozenset[str]:
    """Names of the page's questions that are on the route, taking the answers to earlier pages as they are."""
    seen = values(answers, country)
    if not _open(page.section.relevant, seen) or (page.battery and not _open(page.battery.relevant, seen)):
        return frozenset()
    found: set[str] = set()
    for question in page.questions:
        if _open(question.relevant, seen):
            found.add(question.name)
        else:
            seen.pop(question.name, None)
    return frozenset(found)


def on_route(protocol: Protocol, answers: Answers, country: str) -> dict[str, Answer]:
    """The answers that count: those to questions on the route. Everything else is dropped."""
    open_now = asked(protocol, answers, country)
    return {name: answer for name, answer in answers.items() if name in open_now}


def offered(question: Question, answers: Answers, country: str) -> tuple[Choice, ...]:
    """The choices of a question that its filter lets through, given the answers so far and the site's country."""
    if question.choice_filter is None:
        return question.options
    seen: Mapping[str, Value] = values(answers, country)
    return tuple(
        choice
        for choice in question.options
        if choice.missing is not None or question.choice_filter.holds(Scope(answers=seen, columns=choice.columns))
    )


def satisfies(question: Question, answer: Answer, answers: Answers, country: str) -> bool:
    """Whether an answer keeps the question's constraint. A missing answer always does."""
    if question.constraint is None or isinstance(answer, Missing) or question.kind is Kind.NOTE:
        return True
    return question.constraint.holds(Scope(answers=values(answers, country), itself=_value(answer)))


def is_owed(question: Question, answer: Answer) -> bool:
    """Whether an asked question still needs an answer, be it only that the person prefers not to give one."""
    return question.required and answer is Missing.BLANK


def _open(relevant: Expression | None, seen: Mapping[str, Value]) -> bool:
    return relevant is None or relevant.holds(Scope(answers=seen))


def _value(answer: Answer) -> Value:
    return None if isinstance(answer, Missing) else answer
