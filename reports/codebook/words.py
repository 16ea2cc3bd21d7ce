"""What the program itself says in data files and codebooks, in the language that is the active one."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports.codebook.edition import Edition
from survey.cohort_forms import MODES
from survey.language import ui_language
from survey.paper import Paper
from survey.phrasing import languages_of
from survey.protocol.columns import Words
from survey.protocol.expressions import Expression
from survey.protocol.schema import Kind, Missing

KINDS: Mapping[Kind, Promise] = {
    Kind.SELECT_ONE: gettext_lazy("One answer"),
    Kind.SELECT_MULTIPLE: gettext_lazy("Several answers possible: one variable for each"),
    Kind.INTEGER: gettext_lazy("A whole number"),
    Kind.TEXT: gettext_lazy("In the person's own words"),
    Kind.ACKNOWLEDGE: gettext_lazy("To be ticked"),
}


# In a language that the program does not speak, only the study's own words stand.
SILENT = Words("", "", "", dict.fromkeys(Missing, ""))


def spoken_in(language: str) -> AbstractContextManager[None]:
    """A block in which the program speaks a language of the study."""
    return translation.override(ui_language(language))


def words() -> Words:
    return Words(
        ticked=_("ticked"),
        not_ticked=_("not ticked"),
        given=_("given"),
        missing={
            Missing.BLANK: _("left blank"),
            Missing.PREFER_NOT: _("prefer not to answer"),
            Missing.DONT_KNOW: _("don't know"),
            Missing.NOT_APPLICABLE: _("does not apply"),
            Missing.NOT_ASKED: _("not asked"),
        },
    )


def in_all(edition: Edition, said: Callable[[], str]) -> dict[str, str]:
    """A sentence of the program in every language of the study that the program speaks."""
    found = {}
    for tag in languages_of(edition.protocol.languages):
        with spoken_in(tag):
            found[tag] = said()
    return found


def route(edition: Edition, condition: Expression, language: str) -> str:
    """Who is asked: “Only if training = “Yes””. Questions go by their names."""
    return Paper(edition.protocol, edition.country, language, numbers={}).route(condition)


def modes(edition: Edition) -> list[str]:
    found = edition.fieldwork.modes if edition.fieldwork is not None else ()
    return [str(MODES.get(mode, mode)) for mode in found]


def rows() -> str:
    return _("One row is one response, one column is one variable.")


def order() -> str:
    return _(
        "Rows are sorted by what they say: their order tells nothing of who answered when. They carry no number, no "
        "date, no week and no language."
    )


def without_texts() -> str:
    return _("Answers in people's own words are left out, and so is everything about participants from the registry.")


def access() -> str:
    return _(
        "The answers of one country are for its own researchers. Two of them have to agree before a file is made. Even "
        "without names a row can be somebody who is known: keep the file as safe as the answers themselves."
    )


def caution() -> str:
    return _("The participants were chosen on purpose. They describe themselves, not the people of their countries.")


def synthetic() -> str:
    return _("SYNTHETIC: made-up data for trying out the program. Nobody gave these answers.")


def missing_in_programs() -> str:
    return _(
        "Missing codes: below nought in CSV and SPSS, where −5 to −1 are declared missing; .a to .e in Stata, in the "
        "same order."
    )


def about(edition: Edition) -> list[str]:
    """What everybody who opens a file should have read."""
    first = [synthetic()] if edition.is_synthetic else []
    return [*first, rows(), order(), without_texts(), missing_in_programs(), caution(), access()]
