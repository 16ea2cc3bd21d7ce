"""The stored result as canonical JSON: sorted keys, no spaces, UTF-8, so that its hash can be computed again."""

import json

from django.utils import translation

from reports.render.notes import caution
from reports.render.reading import Reading
from survey.language import ui_language
from survey.protocol.fingerprints import digest

SCHEMA = "survey-platform/comparison/1"


def render(reading: Reading) -> bytes:
    """The whole result, whatever the focal country. `sha256` is the hash of the value of `result`."""
    stored = reading.result.to_json()
    document = {
        "schema": SCHEMA,
        "sha256": digest(stored),
        "synthetic": reading.result.synthetic,
        "caution": {tag: _caution(tag) for tag in reading.result.languages},
        "result": stored,
    }
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _caution(tag: str) -> str:
    with translation.override(ui_language(tag)):
        return caution()
