"""Answer sheets that look alike beyond chance, and those that give one answer all the way down: worth a second look.

**Twins.** Two sheets are twins when they differ in at most one question of twenty (in none, where fewer are asked), and
what they share would hardly be shared by chance. Sharing an answer that one in 2^b people gives is worth b bits, so
sharing what nearly everybody says is worth nothing (equal sheets count once in this), and neither is leaving blank.
Among n people there are about n²/2 pairs; twins share 2·log2(n) bits and 20 more: where answers are independent, one
such pair in two million studies.

Pairs are not compared one by one. Twins that differ in d questions agree in all of at least one of d+1 parts of the
questionnaire; so the sheets are sorted by each part, and those with an equal part are compared with their nearest
neighbours. n·log n sorting, and at most `NEIGHBOURS` comparisons a sheet and part, however many are equal.

**Flat.** A sheet is flat when each of its batteries of four questions and more has one and the same answer all the way
down, and these are at least three batteries, or twelve questions. What is left blank is no answer: a battery takes part
when four of its questions have one.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from survey.protocol.record import RecordLayout, Variable, missing_code
from survey.protocol.schema import Battery, Kind, Missing, Protocol

QUESTIONS_A_DIFFERENCE = 20
BITS_BEYOND_CHANCE = 20
NEIGHBOURS = 40
BATTERY_QUESTIONS, FLAT_BATTERIES, FLAT_QUESTIONS = 4, 3, 12

Matrix = npt.NDArray[np.uint8]
Codes = npt.NDArray[np.uint16]
Mask = npt.NDArray[np.bool_]


def twins(matrix: Matrix, layout: RecordLayout) -> list[tuple[int, ...]]:
    """Groups of rows that are twins of each other, each in ascending order."""
    if len(matrix) < 2:
        return []
    codes, bits = _questions(matrix, layout)
    return _joined(_pairs(codes, bits))


def flat(matrix: Matrix, layout: RecordLayout, protocol: Protocol) -> list[int]:
    """The rows that give one answer all the way down every battery."""
    batteries = np.zeros(len(matrix), dtype=int)
    questions = np.zeros(len(matrix), dtype=int)
    uneven = np.zeros(len(matrix), dtype=bool)
    for battery in long_batteries(protocol):
        answered, constant = straight(matrix, layout, battery)
        takes_part = answered >= BATTERY_QUESTIONS
        uneven |= takes_part & ~constant
        batteries += takes_part
        questions += np.where(takes_part, answered, 0)
    enough = (batteries >= FLAT_BATTERIES) | (questions >= FLAT_QUESTIONS)
    rows: list[int] = np.flatnonzero(enough & ~uneven).tolist()
    return rows


def long_batteries(protocol: Protocol) -> list[Battery]:
    """Batteries of four single choices and more."""
    items = [item for section in protocol.sections for item in section.items]
    return [
        item
        for item in items
        if isinstance(item, Battery)
        and len(item.questions) >= BATTERY_QUESTIONS
        and all(question.kind is Kind.SELECT_ONE for question in item.questions)
    ]


def straight(matrix: Matrix, layout: RecordLayout, battery: Battery) -> tuple[npt.NDArray[np.int64], Mask]:
    """For every row, how many of a battery's questions have an answer, and whether all these answers are the same."""
    columns = matrix[:, [layout.of(question.name)[0].offset for question in battery.questions]]
    answered = columns < missing_code(Missing.NOT_ASKED, 1)
    lowest = np.where(answered, columns, 255).min(axis=1)
    highest = np.where(answered, columns, 0).max(axis=1)
    return answered.sum(axis=1), lowest == highest


def _questions(matrix: Matrix, layout: RecordLayout) -> tuple[Codes, npt.NDArray[np.float32]]:
    """One code a question and row, and how many bits it is worth when another row has the same."""
    asked = list(layout.by_question.values())
    # Each different sheet is taken once: a thousand copies of one must not make its answers look common.
    different = np.unique(_whole(matrix), return_index=True)[1]
    codes = np.empty((len(matrix), len(asked)), dtype=np.uint16)
    bits = np.zeros((len(matrix), len(asked)), dtype=np.float32)
    for place, variables in enumerate(asked):
        own, first = _codes(matrix, variables), variables[0]
        # Of more different answers than 16 bits can number, some look alike that are not; chance hides among them.
        codes[:, place] = own % 65_521
        numbers = np.bincount(own[different])
        low = matrix[:, first.offset + first.width - 1]
        given = low < 251 if first.width == 1 else low < 255
        bits[:, place] = np.where(given, np.log2(len(different) / numbers[own]), 0)
    return codes, bits


def _codes(matrix: Matrix, variables: Sequence[Variable]) -> npt.NDArray[np.int64]:
    """The answers of one question as small whole numbers: equal where the answers are."""
    start, end = variables[0].offset, variables[-1].offset + variables[-1].width
    if end - start == 1:
        return matrix[:, start].astype(np.int64)
    inverse: npt.NDArray[np.int64] = np.unique(_whole(matrix[:, start:end]), return_inverse=True)[1]
    return inverse


def _whole(rows: npt.NDArray[Any]) -> npt.NDArray[np.void]:
    """Each row as one value, in the order of its bytes."""
    return np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1] * rows.itemsize)))[:, 0]


def _pairs(codes: Codes, bits: npt.NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    rows, questions = codes.shape
    allowed = questions // QUESTIONS_A_DIFFERENCE
    needed = 2 * np.log2(rows) + BITS_BEYOND_CHANCE
    for part in range(allowed + 1):
        inside = np.arange(questions) % (allowed + 1) == part
        order, group = _sorted(codes, inside)
        for step in range(1, min(NEIGHBOURS, rows - 1) + 1):
            beside = np.flatnonzero(group[step:] == group[:-step])
            if not len(beside):
                break
            left, right = order[beside], order[beside + step]
            equal = codes[left] == codes[right]
            near = questions - equal.sum(axis=1) <= allowed
            left, right, equal = left[near], right[near], equal[near]
            alike = (bits[left] * equal).sum(axis=1) >= needed
            yield from zip(left[alike].tolist(), right[alike].tolist(), strict=True)


def _sorted(codes: Codes, inside: Mask) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows in the order of one part of the questions, then of the others; and which of them have an equal part."""
    turned = np.concatenate([codes[:, inside], codes[:, ~inside]], axis=1)
    order = np.argsort(_whole(turned), kind="stable")
    part = codes[order][:, inside]
    changes = (part[1:] != part[:-1]).any(axis=1)
    return order, np.concatenate([[0], np.cumsum(changes)])


def _joined(pairs: Iterator[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Pairs that share a member, as one group."""
    parent: dict[int, int] = {}

    def top(row: int) -> int:
        while (above := parent.setdefault(row, row)) != row:
            parent[row] = parent[above]
            row = parent[row]
        return row

    for left, right in pairs:
        low, high = sorted((top(left), top(right)))
        parent[high] = low
    groups: dict[int, list[int]] = {}
    for row in sorted(parent):
        groups.setdefault(top(row), []).append(row)
    return [tuple(rows) for _, rows in sorted(groups.items())]
