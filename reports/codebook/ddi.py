"""The codebook for data archives: DDI-Codebook 2.5, every text in every language of the study.

Elements stand in the order that the standard's schema asks for.
"""

import datetime
import re
from collections.abc import Callable, Mapping

from lxml import etree

from reports.codebook import words
from reports.codebook.edition import Edition
from survey.phrasing import languages_of
from survey.protocol.codebook import Entry, Part
from survey.protocol.columns import HIGHEST, LOWEST, Column
from survey.protocol.schema import Battery, Kind, Texts

NAMESPACE = "ddi:codebook:2_5"
_SCHEMA = "https://ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_FILE, _ENGLISH = "F1", "en"
# What XML cannot hold at all.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Said = Mapping[str, str]


def render(edition: Edition) -> bytes:
    """The whole document. The same version makes the same bytes."""
    return _Document(edition).whole()


def identifier(column: Column) -> str:
    """What names a variable within the document."""
    return f"V_{column.name}"


class _Document:
    def __init__(self, edition: Edition) -> None:
        self.edition = edition
        self.main = edition.protocol.settings.default_language

    def whole(self) -> bytes:
        root = etree.Element(f"{{{NAMESPACE}}}codeBook", nsmap={None: NAMESPACE, "xsi": _XSI})
        root.set("version", "2.5")
        root.set(_LANG, self.main)
        root.set(f"{{{_XSI}}}schemaLocation", f"{NAMESPACE} {_SCHEMA}")
        self._document(_add(root, "docDscr"))
        self._study(_add(root, "stdyDscr"))
        self._file(_add(root, "fileDscr", ID=_FILE))
        self._data(_add(root, "dataDscr"))
        etree.indent(root)
        return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))

    # Texts ------------------------------------------------------------------------------------------------------------

    def _all(self, parent: etree._Element, tag: str, said: Said, **attributes: str) -> None:
        """One element a language, the default language first."""
        for language in sorted(said, key=lambda one: (one != self.main, one)):
            if said[language]:
                _add(parent, tag, said[language], **attributes).set(_LANG, language)

    def _texts(self, texts: Texts) -> Said:
        return {tag: texts.get(tag, self.edition.country) for tag in self.edition.protocol.languages}

    def _spoken(self, said: Callable[[], str]) -> Said:
        return words.in_all(self.edition, said)

    def _one(self, parent: etree._Element, tag: str, said: Callable[[], str]) -> None:
        """A sentence of the program where the standard takes one element: in English, as the program is written."""
        with words.spoken_in(_ENGLISH):
            _add(parent, tag, said()).set(_LANG, _ENGLISH)

    # The document, the study, the file --------------------------------------------------------------------------------

    def _citation(self, parent: etree._Element) -> None:
        edition = self.edition
        citation = _add(parent, "citation")
        titles = _add(citation, "titlStmt")
        mark = "SYNTHETIC: " if edition.is_synthetic else ""
        _add(titles, "titl", f"{mark}{edition.title}").set(_LANG, self.main)
        _add(titles, "IDNo", f"{edition.study} {edition.version}")
        produced = _add(citation, "prodStmt")
        _add(produced, "software", edition.software)
        version = _add(citation, "verStmt")
        _add(version, "version", f"{edition.version} ({edition.number})", date=_iso(edition.published_on))
        for name, value in edition.hashes.items():
            _add(version, "notes", f"SHA-256 {name}: {value}")

    def _document(self, parent: etree._Element) -> None:
        self._citation(parent)

    def _study(self, parent: etree._Element) -> None:
        self._citation(parent)
        info = _add(parent, "stdyInfo")
        if self.edition.is_synthetic:
            self._all(info, "abstract", self._spoken(words.synthetic))
        summary = _add(info, "sumDscr")
        self._dates(summary)
        for country in self.edition.protocol.countries:
            if self.edition.country in ("", country.code):
                self._all(summary, "nation", self._texts(country.label), abbr=country.code)
        self._all(summary, "dataKind", self._spoken(words.rows))
        notes = self.edition.protocol.settings.translations
        if notes:
            _add(info, "notes", notes).set(_LANG, "en")
        collected = _add(_add(parent, "method"), "dataColl")
        self._all(collected, "sampProc", self._spoken(words.caution))
        if self.edition.fieldwork is not None and self.edition.fieldwork.modes:
            self._all(collected, "collMode", self._spoken(lambda: ", ".join(words.modes(self.edition))))
        use = _add(_add(parent, "dataAccs"), "useStmt")
        self._one(use, "restrctn", words.access)

    def _dates(self, summary: etree._Element) -> None:
        fieldwork = self.edition.fieldwork
        if fieldwork is None:
            return
        for event, day in (("start", fieldwork.first_day), ("end", fieldwork.last_day)):
            if day is not None:
                _add(summary, "collDate", _iso(day), date=_iso(day), event=event)

    def _file(self, parent: etree._Element) -> None:
        text = _add(parent, "fileTxt")
        self._one(text, "fileCont", words.order)
        dimensions = _add(text, "dimensns")
        _add(dimensions, "varQnty", str(len(self.edition.columns)))
        _add(text, "fileType", "CSV, SPSS (.sav), Stata (.dta)").set("charset", "UTF-8")
        for said in (words.without_texts, words.missing_in_programs):
            self._all(parent, "notes", self._spoken(said))

    # Variables --------------------------------------------------------------------------------------------------------

    def _data(self, parent: etree._Element) -> None:
        for part in self.edition.parts:
            self._groups(parent, part)
        for part in self.edition.parts:
            for entry in part.entries:
                for column in entry.columns:
                    self._variable(parent, part, entry, column)
        for question in self.edition.left_out:
            self._all(parent, "notes", self._texts(question.label), subject=f"{question.name}: left out")

    def _groups(self, parent: etree._Element, part: Part) -> None:
        kept = [entry for entry in part.entries if entry.columns]
        inside = [column for entry in kept for column in entry.columns]
        if inside:
            self._group(parent, f"G_{part.section.name}", "section", inside, self._texts(part.section.title))
        batteries: dict[str, tuple[Battery, list[Column]]] = {}
        for entry in kept:
            if entry.battery is not None:
                batteries.setdefault(entry.battery.name, (entry.battery, []))[1].extend(entry.columns)
            if entry.question.kind is Kind.SELECT_MULTIPLE:
                name, label = f"M_{entry.question.name}", self._texts(entry.question.label)
                self._group(parent, name, "multipleResp", entry.columns, label)
        for battery, columns in batteries.values():
            self._group(parent, f"B_{battery.name}", "grid", columns, self._texts(battery.stem))

    def _group(
        self, parent: etree._Element, number: str, kind: str, columns: list[Column] | tuple[Column, ...], label: Said
    ) -> None:
        inside = " ".join(identifier(column) for column in columns)
        self._all(_add(parent, "varGrp", ID=number, type=kind, var=inside), "labl", label)

    def _variable(self, parent: etree._Element, part: Part, entry: Entry, column: Column) -> None:
        number = column.is_number
        variable = _add(
            parent,
            "var",
            ID=identifier(column),
            name=column.name,
            files=_FILE,
            dcml="0",
            intrvl="contin" if number else "discrete",
            nature="ratio" if number else "nominal",
            representationType="numeric" if number else "code",
        )
        country = self.edition.country
        self._all(variable, "labl", {tag: column.label(tag, country) for tag in self.edition.protocol.languages})
        self._question(variable, entry)
        if number:
            low, high = str(column.question.low), str(column.question.high)
            _add(_add(variable, "valrng"), "range", UNITS="INT", min=low, max=high)
        _add(_add(variable, "invalrng"), "range", UNITS="INT", min=str(LOWEST), max=str(HIGHEST))
        self._all(variable, "universe", self._universe(entry))
        self._categories(variable, column)
        self._all(variable, "concept", self._texts(part.section.title))
        _add(variable, "varFormat", type="numeric")
        _add(variable, "notes", column.variable.name, subject="name in the study")

    def _question(self, variable: etree._Element, entry: Entry) -> None:
        question = _add(variable, "qstn")
        if entry.battery is not None:
            self._all(question, "preQTxt", self._texts(entry.battery.stem))
        self._all(question, "qstnLit", self._texts(entry.question.label))
        self._all(question, "ivuInstr", self._texts(entry.question.hint))

    def _universe(self, entry: Entry) -> Said:
        found = {}
        for tag in languages_of(self.edition.protocol.languages) if entry.conditions else ():
            with words.spoken_in(tag):
                found[tag] = "; ".join(words.route(self.edition, one, tag) for one in entry.conditions)
        return found

    def _categories(self, variable: etree._Element, column: Column) -> None:
        """Labels by language belong together under one code."""
        by_code: dict[int, dict[str, str]] = {}
        missing = {}
        spoken = languages_of(self.edition.protocol.languages)
        for tag in self.edition.protocol.languages:
            with words.spoken_in(tag):
                said = words.words() if tag in spoken else words.SILENT
                for value in column.values(tag, said, self.edition.country):
                    by_code.setdefault(value.code, {})[tag] = value.label
                    missing[value.code] = value.reason
        for code, labels in by_code.items():
            reason = missing[code]
            attributes = {"missing": "Y", "missType": reason.value} if reason is not None else {}
            category = _add(variable, "catgry", **attributes)
            _add(category, "catValu", str(code))
            self._all(category, "labl", labels)


def _add(parent: etree._Element, tag: str, text: str = "", **attributes: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}", {name: _clean(one) for name, one in attributes.items()})
    element.text = _clean(text) or None
    return element


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("", text)


def _iso(day: datetime.date) -> str:
    return day.isoformat()
