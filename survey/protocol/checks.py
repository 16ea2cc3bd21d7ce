"""What must hold across a whole protocol before it may be published: references, scales, translations, countries."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from survey.protocol.expressions import Expression, parse
from survey.protocol.problems import Problem
from survey.protocol.schema import Battery, Kind, Missing, Part, Protocol, Texts

SITE_VARIABLE = "country"
# What indicators may count without asking anybody: the people in the registry.
REGISTRY = "participants"
_DEVIATION_FIELDS = ("label", "hint")


def find_problems(protocol: Protocol) -> list[Problem]:
    """Every problem of the protocol, in no particular order; empty when it may be published."""
    return [problem for check in _CHECKS for problem in check(protocol)]


def _names(protocol: Protocol) -> Iterator[Problem]:
    named = [(question.name, question.row) for question in protocol.questions()]
    for section in protocol.sections:
        named.append((section.name, section.row))
        named += [(item.name, item.row) for item in section.items if isinstance(item, Battery)]
    counts = Counter(name for name, _ in named)
    for name, row in named:
        if counts[name] > 1 or name in (SITE_VARIABLE, REGISTRY):
            yield Problem("survey", row, "name", "name-twice", f"“{name}” is used already; choose another name")


def _empty(protocol: Protocol) -> Iterator[Problem]:
    if not protocol.countries:
        yield Problem("countries", 0, "", "no-country", "list at least one country")
    if not any(True for _ in protocol.questions()):
        yield Problem("survey", 0, "", "no-question", "ask at least one question")


def _references(protocol: Protocol) -> Iterator[Problem]:
    """Expressions look back only, at questions and choices that exist."""
    known = {question.name: question for question in protocol.questions()}
    earlier: set[str] = {SITE_VARIABLE}
    for row, column, expression, own in _expressions(protocol):
        for name in sorted(expression.references()):
            if name not in known and name != SITE_VARIABLE:
                yield Problem("survey", row, column, "question-unknown", f"there is no question “{name}”")
            elif name not in earlier:
                yield Problem(
                    "survey", row, column, "forward-reference", f"“{name}” comes later; refer to earlier questions"
                )
        for name, choice in sorted(expression.choices_named()):
            question = known.get(name)
            if question and question.choices and question.choices.get(choice) is None:
                message = f"“{choice}” is no choice of “{name}”"
                yield Problem("survey", row, column, "choice-unknown", message)
        if own is not None:
            earlier.add(own)


def _expressions(protocol: Protocol) -> Iterator[tuple[int, str, Expression, str | None]]:
    """Row, column, expression and, with a question's last one, the name that may be referred to from here on."""
    nothing = parse("true()")
    for section in protocol.sections:
        yield section.row, "relevant", section.relevant or nothing, None
        for item in section.items:
            if isinstance(item, Battery):
                yield item.row, "relevant", item.relevant or nothing, None
            for question in item.questions if isinstance(item, Battery) else (item,):
                yield question.row, "relevant", question.relevant or nothing, None
                yield question.row, "choice_filter", question.choice_filter or nothing, None
                yield question.row, "constraint", question.constraint or nothing, question.name


def _filters(protocol: Protocol) -> Iterator[Problem]:
    for question in protocol.questions():
        if question.choice_filter is None:
            if any(choice.columns.get("countries") for choice in question.options):
                message = "choices of this list are limited to countries; add the choice_filter that does it"
                yield Problem("survey", question.row, "choice_filter", "filter-missing", message)
            continue
        for column in sorted(question.choice_filter.columns()):
            if not any(column in choice.columns for choice in question.options):
                message = f"the choices sheet has no column “{column}”"
                yield Problem("survey", question.row, "choice_filter", "column-unknown", message)


def _scales(protocol: Protocol) -> Iterator[Problem]:
    """Everybody can decline to answer, and every country answers on the same scale."""
    for question in protocol.questions():
        if question.choices is None:
            continue
        if question.choices.for_reason(Missing.PREFER_NOT) is None:
            message = f"the list “{question.choices.name}” has no choice with missing = prefer_not"
            yield Problem("survey", question.row, "type", "no-prefer-not", message)
        none_of_these = any(choice.exclusive and choice.missing is None for choice in question.options)
        if question.kind is Kind.SELECT_MULTIPLE and not none_of_these:
            message = f"the list “{question.choices.name}” has no exclusive choice such as “none of these”"
            yield Problem("survey", question.row, "type", "no-none-of-these", message)


def _batteries(protocol: Protocol) -> Iterator[Problem]:
    for section in protocol.sections:
        for battery in (item for item in section.items if isinstance(item, Battery)):
            lists = {question.choices.name if question.choices else "" for question in battery.questions}
            one_scale = len(lists) == 1 and all(q.kind is Kind.SELECT_ONE for q in battery.questions)
            if not one_scale:
                message = "the questions of a battery are select_one of one and the same list"
                yield Problem("survey", battery.row, "type", "battery-mixed", message)
            for question in battery.questions:
                if any(choice.columns.get("countries") for choice in question.options):
                    message = "a scale is the same in every country; its choices cannot be limited to some"
                    yield Problem("survey", question.row, "type", "scale-broken", message)


def _countries(protocol: Protocol) -> Iterator[Problem]:
    """A list limited by country leaves every country something to choose."""
    codes = {country.code for country in protocol.countries}
    for choice_list in protocol.lists.values():
        limits = [choice.columns.get("countries", "").split() for choice in choice_list.substantive]
        for unknown in sorted({code for limit in limits for code in limit} - codes):
            message = f"list “{choice_list.name}”: “{unknown}” is no country of the study"
            yield Problem("choices", 0, "countries", "country-unknown", message)
        for code in sorted(codes):
            if sum(not limit or code in limit for limit in limits) < 2:
                message = f"list “{choice_list.name}” leaves {code} fewer than two choices"
                yield Problem("choices", 0, "countries", "too-few-choices", message)


def _exits(protocol: Protocol) -> Iterator[Problem]:
    for country in protocol.countries:
        if country.exit and not re.fullmatch(r"https://[A-Za-z0-9.-]+(/[!-~]*)?", country.exit):
            message = f"{country.code}: give the https address of a neutral site"
            yield Problem("countries", 0, "exit", "exit-address", message)


def _information(protocol: Protocol) -> Iterator[Problem]:
    """Every country is told something and asked to agree once, or there is no such page at all."""
    codes = {country.code for country in protocol.countries}
    for line in protocol.information:
        if line.country and line.country not in codes:
            message = f"“{line.country}” is no country of the study"
            yield Problem("information", line.row, "country", "country-unknown", message)
    for code in sorted(codes if protocol.information else ()):
        if len(protocol.informing(code, Part.AGREE)) != 1:
            message = f"{code} needs one row “agree”: what somebody who takes part agrees to"
            yield Problem("information", 0, "part", "agree-once", message)


def _deviations(protocol: Protocol) -> Iterator[Problem]:
    """A country may word things in its own way; it may not touch codes, scales or routing."""
    known = {question.name for question in protocol.questions()}
    for section in protocol.sections:
        known |= {section.name, *(item.name for item in section.items)}
    known |= {f"{name}/{choice.name}" for name, values in protocol.lists.items() for choice in values.choices}
    codes = {country.code for country in protocol.countries}
    for deviation in protocol.deviations:
        for column, bad in (
            ("country", deviation.country not in codes),
            ("language", deviation.language not in protocol.languages),
            ("name", deviation.name not in known),
            ("field", deviation.field not in _DEVIATION_FIELDS),
            ("text", not deviation.text),
        ):
            if bad:
                message = "a deviation words a label or hint of the protocol, for one country in one of its languages"
                yield Problem("deviations", deviation.row, column, "deviation-unknown", message)


def _describing(protocol: Protocol) -> Iterator[Problem]:
    """The questions that describe participants exist, and have choices to describe with."""
    for what, name in protocol.settings.describing.items():
        question, column = protocol.question(name), f"{what}_question"
        if question is None:
            message = f"there is no question “{name}”"
            yield Problem("settings", protocol.settings.row, column, "question-unknown", message)
        elif question.choices is None:
            message = f"“{name}” has no choices; name a select_one or select_multiple question"
            yield Problem("settings", protocol.settings.row, column, "not-a-select", message)


def _translations(protocol: Protocol) -> Iterator[Problem]:
    for sheet, row, column, texts, needed in _texts(protocol):
        missing = [tag for tag in protocol.languages if not texts.get(tag)]
        if missing and (needed or texts):
            message = f"no text in {', '.join(missing)}"
            yield Problem(sheet, row, column, "translation-missing", message)


def _texts(protocol: Protocol) -> Iterator[tuple[str, int, str, Texts, bool]]:
    for section in protocol.sections:
        yield "survey", section.row, "label", section.title, True
        yield "survey", section.row, "hint", section.lead, False
        for battery in (item for item in section.items if isinstance(item, Battery)):
            yield "survey", battery.row, "label", battery.stem, True
            yield "survey", battery.row, "hint", battery.hint, False
    for question in protocol.questions():
        yield "survey", question.row, "label", question.label, True
        yield "survey", question.row, "hint", question.hint, False
        yield "survey", question.row, "constraint_message", question.constraint_message, question.constraint is not None
    for choice_list in protocol.lists.values():
        for choice in choice_list.choices:
            yield "choices", 0, f"label of {choice_list.name}/{choice.name}", choice.label, True
    for line in protocol.information:
        yield "information", line.row, "label", line.text, True
    for country in protocol.countries:
        yield "countries", 0, f"label of {country.code}", country.label, True


_CHECKS: tuple[Callable[[Protocol], Iterator[Problem]], ...] = (
    _names,
    _empty,
    _references,
    _filters,
    _scales,
    _batteries,
    _countries,
    _exits,
    _information,
    _deviations,
    _describing,
    _translations,
)
