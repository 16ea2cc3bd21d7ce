"""Values that check themselves at birth, and texts in languages and countries."""

import pytest

from survey.protocol.languages import direction, tag_of, text_columns
from survey.protocol.problems import Problem, WorkbookError
from survey.protocol.schema import Choice, ChoiceList, Country, Kind, Missing, Question, Texts
from tests import workbooks as w

A, B = Choice("a", Texts(), code=0), Choice("b", Texts(), code=1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Choice("a", Texts()),
        lambda: Choice("a", Texts(), code=1, missing=Missing.DONT_KNOW),
        lambda: ChoiceList("l", (A, A)),
        lambda: ChoiceList("l", (A, Choice("c", Texts(), code=0))),
        lambda: ChoiceList("l", tuple(Choice(name, Texts(), missing=Missing.DONT_KNOW) for name in "ab")),
        lambda: Question("Name", Kind.TEXT, Texts()),
        lambda: Question("name", Kind.SELECT_ONE, Texts()),
        lambda: Question("name", Kind.TEXT, Texts(), choices=ChoiceList("l", (A, B))),
        lambda: Question("name", Kind.INTEGER, Texts(), low=5, high=4),
        lambda: Country("Kenya", Texts(), ("en",)),
    ],
)
def test_a_value_that_contradicts_itself_cannot_exist(make):
    with pytest.raises(ValueError, match=r"\w"):
        make()


def test_a_text_in_the_countrys_own_wording_or_its_language():
    text = Texts({"en": "Sex", "es": "Sexo"}, {("MX", "es"): "Género"})
    assert [text.get("es", "MX"), text.get("es", "CO"), text.get("es"), text.get("en", "MX")] == [
        "Género",
        "Sexo",
        "Sexo",
        "Sex",
    ]
    assert text.get("ar") == ""
    assert (bool(text), bool(Texts()), bool(Texts({"en": ""}))) == (True, False, False)


def test_a_deviation_words_a_label_for_one_country():
    deviation = {
        "country": "KE",
        "language": "en",
        "name": "sex",
        "field": "label",
        "text": "Gender?",
        "reason": "Kind",
    }
    choice = {**deviation, "name": "sex/woman", "text": "Lady"}
    protocol = w.protocol([*w.group("all", w.one("sex", "sex"))], w.SEX, deviations=[deviation, choice])
    question = protocol.question("sex")
    assert [question.label.get("en", country) for country in ("KE", "EG")] == ["Gender?", "sex?"]
    assert question.choices.get("woman").label.get("en", "KE") == "Lady"
    assert len(protocol.deviations) == 2


def test_looking_things_up():
    protocol = w.protocol([*w.group("all", w.one("sex", "sex"))], w.SEX)
    assert protocol.question("nothing") is None
    assert protocol.country("EG").languages == ("en",)
    with pytest.raises(KeyError):
        protocol.country("MX")
    options = protocol.lists["sex"]
    assert [choice.name for choice in options.substantive] == ["woman", "man"]
    assert options.for_reason(Missing.PREFER_NOT) is options.get("prefer_not")
    assert options.for_reason(Missing.DONT_KNOW) is options.get("x") is None


@pytest.mark.parametrize(
    ("heading", "tag"),
    [("English (en)", "en"), ("label::Español México (es-MX)", "es-MX"), ("العربية (ar)", "ar"), ("English", "")],
)
def test_the_tag_of_a_language(heading, tag):
    assert tag_of(heading) == tag


def test_text_columns_by_field_and_language():
    columns = ["name", "label::English (en)", "label::Kiswahili (sw)", "hint::English (en)", "label", "label::English"]
    assert text_columns(columns) == {
        "label": {"en": "label::English (en)", "sw": "label::Kiswahili (sw)"},
        "hint": {"en": "hint::English (en)"},
    }


@pytest.mark.parametrize(
    ("tag", "way"), [("ar", "rtl"), ("AR-EG", "rtl"), ("fa", "rtl"), ("en", "ltr"), ("es-MX", "ltr"), ("arn", "ltr")]
)
def test_the_direction_of_a_language(tag, way):
    assert direction(tag) == way


def test_an_error_carries_its_problems_in_order():
    late, early = Problem("survey", 9, "type", "a", "late"), Problem("choices", 10, "", "z", "early")
    error = WorkbookError([late, early])
    assert error.problems == (early, late)
    assert str(error) == f"{early}\n{late}"
