"""Every text that a person may see is there in every language, with the same placeholders."""

import re
from pathlib import Path

import polib
import pytest

from surveyproject.texts import Message, plural_forms, update_catalogue, used_messages

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ["es", "id", "sw", "ar"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}")


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(ROOT / f"locale/{language}/LC_MESSAGES/django.po"), encoding="utf-8")


def test_messages_of_source_and_templates_are_found() -> None:
    found = used_messages(ROOT)
    assert Message("Save and continue") in found
    assert any(message.plural for message in found)
    assert any(message.context for message in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language: str) -> None:
    done = {
        Message(entry.msgid, entry.msgid_plural, entry.msgctxt or "")
        for entry in catalogue(language)
        if entry.translated() and not entry.fuzzy
    }
    assert sorted(used_messages(ROOT) - done) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_placeholders(language: str) -> None:
    wrong = []
    for entry in catalogue(language):
        wanted = sorted(PLACEHOLDER.findall(entry.msgid))
        texts = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
        wrong += [entry.msgid for text in texts if sorted(PLACEHOLDER.findall(text)) != wanted]
    assert wrong == []


@pytest.mark.parametrize(("language", "forms"), [("es", 2), ("id", 1), ("sw", 2), ("ar", 6)])
def test_plurals_have_all_their_forms(language: str, forms: int) -> None:
    file = catalogue(language)
    assert plural_forms(file) == forms
    assert {len(entry.msgstr_plural) for entry in file if entry.msgid_plural} == {forms}


def test_updating_adds_what_is_new_and_drops_what_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "django.po"
    file.write_text(
        'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\nmsgid "gone"\nmsgstr "x"\n', "utf-8"
    )
    assert update_catalogue(file, frozenset({Message("new"), Message("one", "many")})) == 2
    assert [entry.msgid for entry in polib.pofile(str(file))] == ["new", "one"]
