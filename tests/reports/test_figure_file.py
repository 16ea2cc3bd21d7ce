"""A file of printed figures is read as people's programs write it; everything that is wrong is told at once."""

import csv
import io
from fractions import Fraction

import pytest

from reports.figure_file import MOST_BYTES, MOST_ROWS, Printed, read_figure_file, rows_of

HEAD = "value,decimals,indicator,country,subgroup,choice,largest_base,label\n"


def read(text: str | bytes) -> tuple[Printed, ...]:
    figures, problems = read_figure_file(text.encode() if isinstance(text, str) else text)
    assert problems == ()
    return figures


def faults(text: str | bytes) -> list[tuple[int, str, str]]:
    _, problems = read_figure_file(text.encode() if isinstance(text, str) else text)
    return [(one.row, one.column, one.code) for one in problems]


def figure(**changes: object) -> Printed:
    plain = {"row": 2, "value": Fraction("59.7"), "decimals": 1, "indicator": "practice.assess", "country": "MX"}
    return Printed(**{**plain, **changes})  # type: ignore[arg-type]


LINE = "59.7,1,practice.assess,MX,woman,often,75,Table 1\n"
FULL = figure(block="woman", choice="often", largest_base=75, label="Table 1")


@pytest.mark.parametrize(
    "data",
    [
        (HEAD + LINE).encode(),
        (HEAD + LINE).encode("utf-8-sig"),
        (HEAD + LINE).encode("utf-16"),
        (HEAD + LINE).replace("\n", "\r\n").encode(),
        (HEAD + LINE).replace("\n", "\r").encode(),
        (HEAD + LINE).replace(",", "\t").encode(),
        (HEAD + LINE).replace(",", ";").encode(),
        (HEAD + LINE).replace(",", ";").replace("59.7", "59,7").encode(),
        (HEAD + LINE).replace("59.7", '"59,7"').encode(),
        (HEAD + LINE).upper().replace("PRACTICE.ASSESS", "practice.assess").replace("WOMAN,OFTEN", "woman,often")
        .replace("TABLE", "Table").replace("LARGEST_BASE", " Largest base ").encode(),
    ],
    ids=["plain", "byte order mark", "UTF-16", "CR LF", "CR", "tabs", "semicolons", "decimal comma",
         "quoted comma", "headings as people write them"],
)  # fmt: skip
def test_programs_write_the_same_figure_in_many_ways(data: bytes) -> None:
    [found] = read(data)
    assert found == (FULL if found.label == "Table 1" else figure())


def test_a_line_that_names_the_separator_counts_as_a_row() -> None:
    assert [one.row for one in read("sep=;\n" + (HEAD + LINE).replace(",", ";"))] == [3]


@pytest.mark.parametrize(
    ("value", "decimals", "exact", "kept"),
    [
        ("60", "", "60", 0),
        ("60", "1", "60", 1),
        ("60.0", "", "60", 1),
        ("76.74%", "", "76.74", 2),
        ("59.7 %", "1", "59.7", 1),
        ("٥٩٫٧٪", "١", "59.7", 1),
        ("'59.7", "", "59.7", 1),
        ("١٬٢٣٤", "", "1234", 0),
        ("١٬٢٣٤٫٥", "", "1234.5", 1),
    ],
)
def test_numbers_are_read_with_their_decimals(value: str, decimals: str, exact: str, kept: int) -> None:
    [found] = read(f"{HEAD}{value},{decimals},practice.assess,mx\n")
    assert (found.value, found.decimals, found.country) == (Fraction(exact), kept, "MX")
    assert found.is_percent is any(sign in value for sign in "%٪")


@pytest.mark.parametrize(
    ("country", "focal"), [("average", ""), ("Average", ""), ("average MX", "MX"), ("AVERAGE mx", "MX")]
)
def test_an_average_may_name_the_country_that_it_is_seen_from(country: str, focal: str) -> None:
    assert read(f"{HEAD}59.5,1,practice.assess,{country}\n") == (
        figure(value=Fraction("59.5"), country=focal, is_average=True),
    )


def test_columns_may_come_in_any_order_and_others_are_passed_over() -> None:
    assert read("note,country,indicator,value\nseen,MX,practice.assess,59.7\n") == (figure(),)


def test_rows_without_a_value_are_passed_over() -> None:
    assert [one.row for one in read(HEAD + ",1,practice.assess,MX\n\n" + LINE)] == [4]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    text = HEAD + (
        "about sixty,1,practice.assess,MX\n"
        "59.75,1,practice.assess,MX\n"
        "59.7,four,practice.assess,MX\n"
        "-3,1,practice.assess,MX\n"
        "1e9,1,,\n"
        "59.7,1,practice.assess,MX,,,none\n"
        "59.7,1,practice.assess,MX,,,0\n"
        "59,7,1,practice.assess,MX,,,75,Table 1\n"
        "59.7,1,practice.assess,MX\n"
    )
    assert faults(text) == [
        (2, "value", "value"),
        (3, "decimals", "more-decimals"),
        (4, "decimals", "decimals"),
        (5, "value", "value"),
        (6, "value", "value"),
        (6, "indicator", "indicator"),
        (6, "country", "country"),
        (7, "largest_base", "base"),
        (8, "largest_base", "base"),
        (9, "", "cells"),
    ]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", (1, "value", "heading-missing")),
        (b"name,age\nx,1\n", (1, "value", "heading-missing")),
        (b"value,value,indicator,country\n", (1, "value", "heading-twice")),
        (HEAD.encode(), (0, "", "no-figures")),
        (b"PK\x03\x04 and so on", (0, "", "spreadsheet")),
        (b"\xd0\xcf\x11\xe0 and so on", (0, "", "spreadsheet")),
        ("válue".encode("latin-1"), (0, "", "not-utf-8")),
        (b"\xff\xfe\x00", (0, "", "not-utf-8")),
        (HEAD.encode() + b"5\x009,1,a,MX\n", (0, "", "not-text")),
        (b"x" * (MOST_BYTES + 1), (0, "", "too-big")),
        ((HEAD + '"59.7,1,practice.assess,MX\n').encode(), (2, "", "not-csv")),
        ((HEAD + "1,0,a,MX\n" * (MOST_ROWS + 1)).encode(), (MOST_ROWS + 2, "", "too-many")),
    ],
)
def test_what_is_no_such_file_is_refused_with_its_reason(data: bytes, fault: tuple[int, str, str]) -> None:
    assert faults(data)[0] == fault


def test_text_that_looks_like_a_formula_is_only_text() -> None:
    [found] = read(f"{HEAD}59.7,1,practice.assess,MX,,,,'=cmd()\n")
    assert found.label == "=cmd()"


def test_a_file_that_we_write_is_read_back() -> None:
    lines = rows_of([{"value": "59.7", "indicator": "practice.assess", "country": "MX", "largest_base": "75"}])
    file = io.StringIO()
    csv.writer(file).writerows(lines)
    assert read(file.getvalue()) == (figure(largest_base=75),)
