"""The form of a table of one's own: questions first, then what is counted of each, how it is split, and where."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reports.drafting import Draft, Line, by_section
from reports.plan import Plan
from survey.protocol.problems import Problem
from survey.protocol.schema import Kind, Protocol, Question

MOST_LINES = 20
LONGEST_TITLE = 200
COUNTED = "counted-"


class TableForm(forms.Form):
    """Questions, and for those that are chosen already their choices. `tag` is the language of the texts."""

    questions = forms.MultipleChoiceField(
        label=_("Questions"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one question.")},
    )
    split = forms.ChoiceField(label=_("Split by"), required=False)
    dont_know = forms.BooleanField(label=_("“Don't know” is part of the base"), required=False)
    countries = forms.MultipleChoiceField(
        label=_("Countries"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one country.")},
    )
    title = forms.CharField(label=_("Title of the table"), required=False, max_length=LONGEST_TITLE)

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        initial: Mapping[str, Any],
        protocol: Protocol,
        plan: Plan,
        tag: str,
        countries: Sequence[tuple[str, str]],
        chosen: Sequence[str],
    ) -> None:
        every = [code for code, _label in countries]
        super().__init__(data, initial={"countries": every, **initial})
        self.tag, self.sections = tag, by_section(protocol, plan)
        known = [question for _section, own in self.sections for question in own]
        self.chosen = [question for question in known if question.name in chosen]
        by_title = [(one.title.get(tag) or one.name, own) for one, own in self.sections]
        self._offer("questions", [(title, [(q.name, self.text_of(q)) for q in own]) for title, own in by_title])
        self._offer("countries", countries)
        singles = [(one.name, self.text_of(one)) for one in known if one.kind is Kind.SELECT_ONE]
        self._offer("split", [("", _("not split")), *singles])
        for question in self.chosen:
            if question.options:
                self.fields[counted_field(question)] = self._counted(question)

    def _offer(self, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    def _counted(self, question: Question) -> forms.MultipleChoiceField:
        offered = [one for one in question.options if one.missing is None]
        return forms.MultipleChoiceField(
            label=self.text_of(question),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=[(one.name, one.label.get(self.tag) or one.name) for one in offered],
        )

    def text_of(self, question: Question) -> str:
        return question.label.get(self.tag) or question.name

    def questions_by_section(self) -> list[tuple[str, list[forms.boundfield.BoundWidget]]]:
        """Each section's title with the boxes of its questions."""
        boxes = {str(box.data["value"]): box for box in self["questions"]}
        return [(one.title.get(self.tag) or one.name, [boxes[q.name] for q in own]) for one, own in self.sections]

    def counted_fields(self) -> list[forms.boundfield.BoundField]:
        return [self[counted_field(question)] for question in self.chosen if question.options]

    def clean_questions(self) -> list[str]:
        names: list[str] = self.cleaned_data["questions"]
        if len(names) > MOST_LINES:
            raise forms.ValidationError(_("A table has at most %(most)s lines."), params={"most": MOST_LINES})
        return names

    def clean(self) -> dict[str, Any]:
        """A distribution is not split: its choices are."""
        cleaned = super().clean() or {}
        if cleaned.get("split"):
            for question in self.chosen:
                name = counted_field(question)
                if question.options and name not in self.errors and not cleaned.get(name):
                    self.add_error(name, _("Choose what is counted: a table with groups has no room for all choices."))
        return cleaned

    def draft(self) -> Draft:
        """What is asked for. The form is valid."""
        told = self.cleaned_data
        lines = [Line(one.name, tuple(told.get(counted_field(one)) or ())) for one in self.chosen]
        return Draft(tuple(lines), told["split"], told["title"].strip(), told["dont_know"])


# What the plan's own checks say of a table that is asked for here, in words that stand beside a form.
_PROBLEMS = {
    "second-partition": _(
        "A row of the plan splits the same answers in another way already. Split by the same question, by a variable "
        "that puts its groups together, or not at all."
    ),
    "count-all": _("Every answer of a question is counted, so the figure is always 100%. Leave one out."),
}


def in_words(problem: Problem) -> str:
    """Why a table cannot be a part of the plan; in the words of the plan's checks where a form can hardly cause it."""
    return str(_PROBLEMS.get(problem.code, problem.message))


def counted_field(question: Question) -> str:
    return f"{COUNTED}{question.name}"
