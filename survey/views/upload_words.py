"""What the Files page says: the states of a file, why it was refused, what to do about every problem."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

STATES: Mapping[str, Any] = {
    "checking": _("being checked"),
    "checked": _("waits for your decision"),
    "refused": _("refused"),
    "taking": _("being taken in"),
    "taken": _("taken in"),
    "failed": _("stopped"),
}
KINDS: Mapping[str, Any] = {"table": _("file of responses"), "bundle": _("bundle of a field laptop")}
_MAPPING = _("Correct this row of the mapping file: its headings, its column, its question or its value.")
_CELL = _("Write a choice by its name, its code or its label.")
_DAMAGED = _("This response of the bundle is damaged or belongs to another version. Make the bundle again.")

PROBLEMS: Mapping[str, Any] = {
    "column-unknown": _("No question has this name. Rename the column, or say in the mapping file what it is."),
    "question-unknown": _MAPPING,
    "mapping-heading": _MAPPING,
    "mapping-column": _MAPPING,
    "mapping-twice": _MAPPING,
    "mapping-question": _MAPPING,
    "mapping-separator": _MAPPING,
    "mapping-not-csv": _("The mapping file is no CSV. Save it as CSV UTF-8."),
    "choice-unknown": _CELL,
    "choice-unclear": _("This is the label of several choices. Write the name of the choice."),
    "choice-alone": _("This choice cannot be ticked with others. Leave one of them out."),
    "column-twice": _("This question has a column already. Remove one of them."),
    "column-missing": _("No column says this. Add one, or say it for the whole file when you send it."),
    "cells": _("This row has more or fewer cells than the heading. Is a quotation mark missing?"),
    "week": _("Write a week as 2026-W48, or a day as 2026-11-23."),
    "language": _("Write the tag of a language of this study, such as en or es-MX."),
    "not-asked": _("This is not asked of somebody with these answers. Clear the cell."),
    "not-offered": _("This choice is not offered here. Write one that is."),
    "constraint": _("This answer is not possible. Correct or clear it."),
    "required": _("An answer is needed here. If it was refused, write [prefer_not]."),
    "tick": _("Write 1 for a ticked option and 0 for one that is not."),
    "number": _("Write a whole number within the limits of the question."),
    "text-unreadable": _("Remove the unreadable characters."),
    "acknowledge": _("Write OK, or leave the cell empty."),
    "not-utf-8": _("This is not UTF-8. Save the file as “CSV UTF-8” and send it again."),
    "not-csv": _("From here on the file is no CSV. Is a quotation mark missing?"),
    "no-rows": _("There is no response in this file."),
    "no-heading": _("The first row must hold the names of the questions, and none of them is known."),
    "spreadsheet": _("This is a spreadsheet. Save it as “CSV UTF-8” and send that file."),
    "is-bundle": _("This is a bundle of a field laptop. Send it in the other form."),
    "bundle-twice": _DAMAGED,
    "bundle-week": _DAMAGED,
    "bundle-language": _DAMAGED,
    "bundle-record": _DAMAGED,
    "bundle-text": _DAMAGED,
}

REASONS: Mapping[str, Any] = {
    "no-bundle": _("This is no bundle of a field laptop."),
    "bundle-closed": _(
        "This file was damaged on the way. Send it again; if that does not help, make the bundle again."
    ),
    "bundle-old": _(
        "This bundle was made by an earlier version of the program. Update the program on the laptop, give it a new "
        "cohort file from this page, and make the bundle again."
    ),
    "bundle-other-key": _(
        "This bundle is sealed to the key of another server. Send it to the server that gave the cohort file."
    ),
    "bundle-key-gone": _(
        "This bundle is sealed to a key that was replaced meanwhile, and nobody here has the old one. Give the laptop "
        "a new cohort file: what it collects from then on can be opened. For the rest, ask whoever runs the server."
    ),
    "bundle-unreadable": _("The bundle was made by another version of the program. Update the laptop or the server."),
    "other-study": _("This bundle is of another study."),
    "other-country": _("This bundle is of another country. Its own researchers can take it in."),
    "other-cohort": _(
        "This bundle is of another cohort. Open the Files page of the cohort that has the same name as on the laptop."
    ),
    "other-layout": _(
        "The laptop asked another version of the questionnaire. Make a cohort of that version and send it there."
    ),
    "other-wording": _(
        "The laptop asked words that were never published here. Publish its workbook here and send the bundle again."
    ),
    "frozen": _("This cohort is frozen: its answers change no more."),
    "preparing": _("This cohort is still being prepared. Open it first."),
    "NoKeyError": _("This country has no key, so that nothing can be stored in it now."),
    "WorkerLost": _("The program stopped several times while it worked on this file. Split it and send the parts."),
}
FAILED = _("An error stopped the work on this file. Send it again; if it happens again, tell whoever runs the server.")


def reason(report: Mapping[str, Any]) -> Any:
    """Why a file was refused or stopped, '' where its problems say so."""
    code = report.get("reason", "")
    return REASONS.get(code, FAILED) if code else ""


def problems(report: Mapping[str, Any]) -> list[tuple[int, str, Any]]:
    """(row, column, what to do) of every listed problem; row 0 is the file as a whole."""
    return [(row, column, PROBLEMS[code]) for row, column, code in report.get("problems", ())]
