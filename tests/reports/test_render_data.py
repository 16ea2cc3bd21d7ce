"""Data for programs: the dictionary, the data package, the published schema, and the archive of charts."""

import csv
import hashlib
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from PIL import Image

from reports.render import file_name, render
from reports.render.fields import COLUMNS, FIELDS
from reports.table import Result, Wording
from tests.reports.results import labels, result
from tests.reports.sample import sample
from tests.reports.test_render_annex import OWN as ANNEXED

SCHEMA = Path(__file__).resolve().parents[2] / "static/schemas/comparison-1.json"


def archive(kind: str, language: str = "en") -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(render(sample(), kind, "MX", language))) as file:
        return {name: file.read(name) for name in file.namelist()}


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


# The dictionary -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "es-MX", "ar"])
def test_the_dictionary_has_every_column_of_the_data_in_its_order(language: str) -> None:
    own = rows(render(sample(), "dictionary", "MX", language))
    columns = [row for row in own if row["column"] and not row["value"]]
    assert tuple(row["column"] for row in columns) == COLUMNS
    assert [row["column"] for row in columns if not row["meaning"] or not row["type"]] == []


def test_the_dictionary_says_what_values_mean() -> None:
    own = rows(render(sample(), "dictionary", "MX", "es-MX"))
    meanings = {(row["column"], row["value"]): row["meaning"] for row in own}
    assert meanings["country", "EG"] == "Egipto"
    assert meanings["indicator", "practice.assess"] == "Evaluar los riesgos: ¿Con qué frecuencia?"
    assert meanings["state", "no_answers"] == "nadie respondió"


def test_whatever_the_data_hold_is_in_the_dictionary() -> None:
    allowed = {one.name: {"", *one.values} for one in FIELDS if len(one.values) > 1}
    data = rows(render(sample(), "csv", "MX", "en"))
    assert [name for name, values in allowed.items() if {row[name] for row in data} - values] == []


def test_a_figure_that_rests_on_few_people_is_marked_in_the_data() -> None:
    data = rows(render(sample(), "csv", "MX", "en"))
    marks = {(row["country"], row["block"]): row["base_mark"] for row in data if row["indicator"] == "training.any"}
    assert marks == {("MX", "all"): "", ("MX", "woman"): "†", ("MX", "man"): "‡"}


def test_the_package_describes_the_data_beside_it() -> None:
    files = archive("data", "ar")
    package = json.loads(files["datapackage.json"])
    (resource,) = package["resources"]
    assert list(files) == ["datapackage.json", "comparison.csv", "dictionary.csv"]
    assert resource["hash"] == "sha256:" + hashlib.sha256(files["comparison.csv"]).hexdigest()
    assert resource["bytes"] == len(files["comparison.csv"])
    assert [one["name"] for one in resource["schema"]["fields"]] == list(COLUMNS)
    assert files["comparison.csv"] == render(sample(), "csv", "MX", "ar")
    assert files["dictionary.csv"] == render(sample(), "dictionary", "MX", "ar")
    assert package["synthetic"] is True


def test_the_packages_types_fit_and_its_key_is_one() -> None:
    files = archive("data")
    (resource,) = json.loads(files["datapackage.json"])["resources"]
    data = rows(files["comparison.csv"])
    read: dict[str, Any] = {"integer": int, "number": float, "boolean": {"yes": True, "no": False}.__getitem__}
    for one in resource["schema"]["fields"]:
        for row in data:
            if row[one["name"]] and one["type"] in read:
                read[one["type"]](row[one["name"]])
    keys = [tuple(row[name] for name in resource["schema"]["primaryKey"]) for row in data]
    assert len(set(keys)) == len(keys)


def test_files_are_named_for_what_they_are() -> None:
    names = [file_name(sample(), kind, "MX", "ar") for kind in ("csv", "dictionary", "data", "charts", "pdf")]
    assert names == [
        "comparison-mx-ar.csv",
        "comparison-mx-ar-dictionary.csv",
        "comparison-mx-ar-data.zip",
        "comparison-mx-ar-charts.zip",
        "comparison-mx-ar.pdf",
    ]


# The published schema -------------------------------------------------------------------------------------------------


def problems(own: Result) -> list[str]:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    data = json.loads(render(own, "json", "MX", "en"))
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(data)]


def with_later_fields() -> Result:
    """What newer comparisons hold besides."""
    own = result()
    first = replace(
        own.indicators[0],
        variable="assess",
        counted=("often", "always"),
        choices={"never": labels("Never"), "often": labels("Often"), "always": labels("Always")},
        wordings=(
            Wording("KE", "sw", "Mara ngapi?", "How many times?", "no such word"),
            Wording("KE", "sw", "Kamwe", "Never at all", "stronger", labels("Never")),
        ),
        family="practices",
    )
    return replace(own, indicators=(first,))


@pytest.mark.parametrize(
    "own", [result(), sample(), with_later_fields(), ANNEXED], ids=["old", "synthetic", "new", "annexed"]
)
def test_every_json_file_keeps_to_the_published_schema(own: Result) -> None:
    assert problems(own) == []


def test_the_schema_refuses_a_printed_cell_without_its_figure() -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    data = json.loads(render(result(), "json", "MX", "en"))
    data["result"]["indicators"][0]["cells"]["MX"]["all"][""]["value"] = None
    (error,) = Draft202012Validator(schema).iter_errors(data)
    assert error.json_path.startswith("$.result.indicators[0].cells.MX.all")


# Charts ---------------------------------------------------------------------------------------------------------------


def test_charts_come_as_svg_and_as_png_that_prints_sharply() -> None:
    files = archive("charts")
    drawn = [name for name in files if name.endswith(".svg")]
    assert drawn[0] == "01-dots-practices.svg"
    assert list(files) == ["about.txt", *(f"{name[:-4]}.{kind}" for name in drawn for kind in ("svg", "png"))]
    picture = Image.open(io.BytesIO(files["01-dots-practices.png"]))
    # As wide as in print, 420 units of 0.0265 cm, at 300 dots an inch.
    assert abs(picture.width - 11.13 / 2.54 * 300) < 2


def test_the_charts_are_told_in_words_with_their_origin() -> None:
    told = archive("charts")["about.txt"].decode()
    assert "Assess the risks: Mexico 59.7%, Colombia 55.4%" in told
    assert "Mexico: Participants 75; Answered the survey 74; Fieldwork began 2015-08-03" in told
