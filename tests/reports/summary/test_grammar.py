"""The grammar of fields: what it reads, and every fault with its code."""

from fractions import Fraction

import pytest

from reports.summary.grammar import (
    Block,
    Check,
    Choice,
    Claim,
    Compare,
    Fault,
    Figure,
    Footnote,
    Number,
    Shown,
    Word,
    figures_in,
    parse,
    spans,
)

WOMAN = Figure("training.any", block="woman", source="training.any@woman")
MAN = Figure("training.any", block="man", source="training.any@man")


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("country", Word("country")),
        ("participants:all", Word("participants:all")),
        ("table:table1", Block("table", "table1")),
        ("chart: table1", Block("chart", "table1")),
        ("provenance", Block("provenance")),
        ("practice.assess", Figure("practice.assess", source="practice.assess")),
        ("age", Figure("age", source="age")),
        ("training.any@woman", WOMAN),
        ("about.area/urban", Figure("about.area", "urban", source="about.area/urban")),
        ("about.area/urban+rural", Figure("about.area", "urban+rural", source="about.area/urban+rural")),
        ("a.b:CO:n", Figure("a.b", whose="CO", aspect="n", source="a.b:CO:n")),
        ("a.b:average~0", Figure("a.b", whose="average", decimals=0, source="a.b:average~0")),
        ("footnote: a.b", Footnote(Figure("a.b", source="a.b"))),
        (
            "claim: training.any@woman <  training.any@man | More men ({{training.any@man}}) than women",
            Claim(
                (Check(WOMAN, "<", MAN),),
                ("More men (", MAN, ") than women"),
                "claim: training.any@woman < training.any@man | More men ({{training.any@man}}) than women",
            ),
        ),
        (
            "if shown a.b a.c and a.b ≥ 50% | yes | no",
            Choice(
                (
                    Shown((Figure("a.b", source="a.b"), Figure("a.c", source="a.c"))),
                    Check(Figure("a.b", source="a.b"), ">=", Number(Fraction(50))),
                ),
                (("yes",), ("no",)),
                None,
                "if shown a.b a.c and a.b ≥ 50% | yes | no",
            ),
        ),
        (
            "compare a.b, 50.5 | more | fewer | half | hidden",
            Compare(
                Figure("a.b", source="a.b"),
                Number(Fraction(101, 2), 1),
                (("more",), ("fewer",), ("half",)),
                ("hidden",),
                "compare a.b, 50.5 | more | fewer | half | hidden",
            ),
        ),
    ],
)
def test_a_field_is_read(text, node):
    assert parse(text) == (node, ())


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("", [Fault("empty", "{{}}")]),
        ("More women", [Fault("not-understood", "More women")]),
        ("a.b:what", [Fault("not-understood", "a.b:what")]),
        ("a.b:CO:KE", [Fault("not-understood", "a.b:CO:KE")]),
        ("claim: a.b > 1", [Fault("parts", "claim: a.b > 1")]),
        ("claim: a.b > 1 | x | y", [Fault("parts", "claim: a.b > 1 | x | y")]),
        ("compare a.b | x | y | z", [Fault("parts", "compare a.b | x | y | z")]),
        ("if a.b | x | y", [Fault("condition", "a.b")]),
        ("if shown | x | y", [Fault("condition", "shown")]),
        ("if a.b > A! and B? > 1 | x | y", [Fault("not-understood", "A!"), Fault("not-understood", "B?")]),
        ("if a.b ~ a.c | x | y", [Fault("about", "a.b ~ a.c")]),
        ("if a.b:label > 1 | x | y", [Fault("no-number", "a.b:label")]),
        ("claim: a.b > 1 | see {{table:one}}", [Fault("block-in-sentence", "table:one")]),
        ("claim: a.b > 1 | see {{footnote: a.b}}", [Fault("block-in-sentence", "footnote: a.b")]),
        ("claim: a.b > 1 | {{}} and {{?}}", [Fault("empty", "{{}}"), Fault("not-understood", "?")]),
        ("x" * 4001, [Fault("too-long", "x" * 60)]),
    ],
)
def test_all_that_is_wrong_with_a_field_is_told_at_once(text, faults):
    assert parse(text) == (None, tuple(faults))


def test_sentences_stand_within_sentences_three_deep_and_no_deeper():
    text = "{{a.b}}"
    for _ in range(2):
        text = "{{if a.b > 1 | " + text + " | no}}"
    assert parse(f"if a.b > 1 | {text} | no")[1] == ()
    assert [fault.code for fault in parse(f"if a.b > 1 | {{{{if a.b > 1 | {text} | no}}}} | no")[1]] == ["too-deep"]


def test_braces_without_a_partner_are_found_where_they_are():
    assert spans("a {{x}} b {{y {{z}} w}}") == ([(2, 7), (10, 23)], [])
    assert spans("one {{two") == ([], [Fault("not-closed", "{{two")])
    assert spans("one}} two") == ([], [Fault("not-opened", "one}}")])


def test_every_figure_of_a_field_is_found():
    node, _ = parse("compare a.b@woman, 50 | {{a.c}} | {{if shown a.d | {{a.e}} | f}} | g | {{a.h}}")
    assert [figure.source for figure in figures_in(node)] == ["a.b@woman", "a.c", "a.d", "a.e", "a.h"]
