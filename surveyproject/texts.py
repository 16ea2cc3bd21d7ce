"""Translations: which texts the source uses, and catalogues compiled without the gettext tools of a system."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from django.utils.translation import templatize

ROOMS = ("surveyproject", "accounts", "survey", "reports")
# How many leading arguments of each function are texts, and whether the first is a context.
_FUNCTIONS = {"_": 1, "gettext": 1, "gettext_lazy": 1, "ngettext": 2, "ngettext_lazy": 2, "pgettext": 2}
_TEXT = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_CALL = re.compile(rf"(?<![\w.])(?P<name>{'|'.join(_FUNCTIONS)})\((?P<texts>\s*{_TEXT}(?:\s*,\s*{_TEXT})*)")


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """One text that a person may see, as catalogues key it."""

    text: str
    plural: str = ""
    context: str = ""


def compile_catalogues(folder: Path) -> int:
    """Write every out-of-date .mo beside its .po. Returns how many were written."""
    written = 0
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            polib.pofile(str(source), encoding="utf-8").save_as_mofile(str(target))
            written += 1
    return written


def used_messages(root: Path) -> frozenset[Message]:
    """Every message that the program and its templates use."""
    found: set[Message] = set()
    for room in ROOMS:
        for path in (root / room).rglob("*.py"):
            found |= set(_in_python(path.read_text(encoding="utf-8")))
    for path in (root / "templates").rglob("*.html"):
        found |= set(_in_template(path.read_text(encoding="utf-8")))
    return frozenset(found)


def _in_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
            texts = [part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
            if texts:
                yield _message(node.func.id, texts)


def _in_template(source: str) -> Iterator[Message]:
    """Django turns a template into something like Python, in which the calls can be found."""
    for match in _CALL.finditer(templatize(source)):
        yield _message(
            match.group("name"), [ast.literal_eval(text) for text in re.findall(_TEXT, match.group("texts"))]
        )


def _message(function: str, texts: list[str]) -> Message:
    if function == "pgettext":
        return Message(texts[1], context=texts[0])
    return Message(texts[0], plural=texts[1] if _FUNCTIONS[function] == 2 else "")


def update_catalogue(file: Path, messages: frozenset[Message]) -> int:
    """Bring a .po file to the messages in use: new ones come in empty, unused ones go. Returns how many are empty."""
    catalogue = polib.pofile(str(file), encoding="utf-8")
    known = {Message(entry.msgid, entry.msgid_plural, entry.msgctxt or ""): entry for entry in catalogue}
    for message, entry in known.items():
        if message not in messages:
            catalogue.remove(entry)
    for message in sorted(messages - known.keys()):
        catalogue.append(_entry(message, forms=plural_forms(catalogue)))
    catalogue.sort(key=lambda entry: (entry.msgid, entry.msgctxt or ""))
    catalogue.save(str(file))
    return sum(not entry.translated() for entry in catalogue)


def plural_forms(catalogue: polib.POFile) -> int:
    """How many forms a number can ask for in the catalogue's language."""
    found = re.search(r"nplurals=(\d)", catalogue.metadata.get("Plural-Forms", ""))
    return int(found.group(1)) if found else 2


def _entry(message: Message, *, forms: int) -> polib.POEntry:
    if message.plural:
        return polib.POEntry(
            msgid=message.text, msgid_plural=message.plural, msgstr_plural=dict.fromkeys(range(forms), "")
        )
    return polib.POEntry(msgid=message.text, msgctxt=message.context or None)
