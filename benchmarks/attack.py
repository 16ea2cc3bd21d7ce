"""bin/bench attack: what whoever takes the disk, the logs, the backups or one database account gets of answers.

Answers with marks in them are typed, sent, left half way, entered from paper and taken in from a file; then every file
that the installation writes is searched for the marks, and every table is asked for other countries' rows. Exit code 1
when anything is found. A mark that is put where anybody may read it shows that the search finds what is there.
"""

import argparse
import base64
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.person import Person
from benchmarks.stage import STUDY, Stage, stage
from surveyproject.embedded.postgres import SETTINGS

COUNTRY = "MX"
CHUNK = 8 * 1024 * 1024


class Mark:
    """A string that stands nowhere else, with all the ways in which it could stand in a file."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.text = f"canary{uuid.uuid4().hex}"
        plain = self.text.encode()
        encoded = [base64.b64encode(b"\0" * shift + plain)[4:-4] for shift in range(3)]
        self.forms = (plain, plain.hex().encode(), self.text.encode("utf-16-le"), plain[::-1], *encoded)

    def is_in(self, content: bytes) -> bool:
        return any(form in content for form in self.forms)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench attack", description=__doc__)
    parser.add_argument("--people", type=int, default=20, help="how many send a questionnaire (default 20)")
    options = parser.parse_args(arguments)
    # The log of statements and of errors is what an installation has, not what a test has.
    with stage(settings=SETTINGS) as built:
        built.manage("load_demo", str(STUDY))
        marks = leave_marks(built, options.people)
        found = search_everywhere(built, marks)
        found += flip_every_byte()
        found += ask_for_foreign_rows(built)
    return int(found > 0)


# Marks ----------------------------------------------------------------------------------------------------------------


def leave_marks(built: Stage, people: int) -> list[Mark]:
    """Everything that a person's words can come by. The last mark is one that must be found."""
    from survey.models import Cohort
    from survey.scope import site_scope

    for name in ("worker", "beat", "web"):
        built.start(name)
    sent, half, gone, paper, file, control = (
        Mark(what)
        for what in ("sent", "left half way", "erased again", "entered from paper", "taken in from a file", "control")
    )
    for _ in range(people):
        answer(built, sent.text, "send")
        answer(built, half.text, "leave")
    answer(built, gone.text, "erase")
    with _trial() as cohort:
        _enter_twice(cohort, paper.text)
        _take_file(cohort, file.text)
        with site_scope(cohort.site_id):
            Cohort.objects.filter(pk=cohort.pk).update(modes=control.text)
    print(f"{people} sent, {people} left half way, 1 erased, 1 sheet entered twice, 1 file taken in, all with marks")
    return [sent, half, gone, paper, file, control]


def answer(built: Stage, mark: str, ending: str) -> None:
    """Fill every text field with a mark; then send, close the browser, or erase."""
    from benchmarks.found import trial_link

    person = Person(built, trial_link(COUNTRY), mark).at_review()
    if ending == "send":
        person.send()
        assert person.thanked
    elif ending == "erase":
        asked = person.visitor.press_without_button(person.page, {"_do": "erase"})
        person.visitor.press_without_button(asked, {"_do": "erase-now"})


@contextmanager
def _trial() -> Iterator[Any]:
    """The open cohort of the country, in its scope."""
    from reports.demo import TRIAL
    from survey.models import Cohort, Site
    from survey.scope import site_scope

    site = Site.objects.get(study__slug="defenders", country=COUNTRY)
    with site_scope(site.pk):
        cohort = Cohort.objects.get(site_id=site.pk, name=TRIAL)
    yield cohort


def _enter_twice(cohort: Any, mark: str) -> None:
    """A sheet whose two entries differ in a text, so that what differs waits to be settled."""
    from dataclasses import replace

    from django.utils import timezone

    from survey import batches, entry
    from survey.protocol.schema import Kind

    _as("survey_web")
    batches.register(cohort=cohort, language="es-MX", sheets=2, received_on=timezone.now().date(), by="one")
    for number, people in ((1, ("one", "two")), (2, ("one",))):
        for who in people:
            here = {"cohort": cohort, "batch": 1, "number": number, "by": who}
            entry.begin(**here)
            sheet = entry.opened(**here)
            assert sheet is not None
            texts = {one.name: f"{mark} {who}" for one in sheet.protocol.questions() if one.kind is Kind.TEXT}
            saved = entry.save(**here, sheet=replace(sheet, answers=texts))
            entry.finish(**here, revision=saved.revision)
    _as("survey_worker")
    entry.compare(site_id=cohort.site_id, cohort_id=cohort.pk, batch=1, number=1)
    assert entry.differences_of(cohort=cohort, batch=1, number=1)


def _as(role: str) -> None:
    """Go on as another of the program's processes does."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")


def _take_file(cohort: Any, mark: str) -> None:
    """A file of responses that is taken in, and one that waits to be decided about."""
    from survey import taking, uploads
    from survey.packing import Packer
    from survey.protocol import datafile
    from survey.protocol.schema import Kind
    from survey.publishing import protocol_of
    from survey.uploads import Kind as FileKind
    from survey.uploads import Parcel

    protocol = protocol_of(cohort.version_id)
    headings = datafile.headings(protocol)
    texts = {one.name for one in protocol.questions() if one.kind is Kind.TEXT}
    required = {one.name for one in protocol.questions() if one.required}
    cells = {"_week": "2026-W47", "_language": "es-MX"}
    cells |= {name: mark if name in texts else "[prefer_not]" for name in texts | required}
    row = [cells.get(name, "") for name in headings]
    for wanted in ("taken", "waits"):
        content = "\n".join([",".join(headings), ",".join(row), *[""] * (wanted == "waits")]).encode()
        packer = Packer()
        packer.feed(content)
        _as("survey_web")
        upload = uploads.receive(
            cohort=cohort,
            kind=FileKind.TABLE,
            name="answers.csv",
            parcel=Parcel(packer.packed()),
            size=len(content),
            digest=packer.digest(),
            by="one",
        )
        _as("survey_worker")
        taking.check(site_id=cohort.site_id, upload_id=upload.pk)
        found = uploads.find(cohort=cohort, upload_id=upload.pk)
        assert found is not None
        assert found.state == "checked", found.report
        if wanted == "taken":
            _as("survey_web")
            uploads.confirm(cohort=cohort, upload=found, again=False, by="one")
            _as("survey_worker")
            taking.take(site_id=cohort.site_id, upload_id=upload.pk)


# Searching ------------------------------------------------------------------------------------------------------------


def search_everywhere(built: Stage, marks: Sequence[Mark]) -> int:
    """Hits of every mark in everything that was written; the control must be found."""
    postgres = built.services.postgres
    assert postgres is not None
    postgres.execute("CHECKPOINT")
    searched = {
        "PostgreSQL's files": [postgres.directory],
        "of these WAL": [postgres.directory / "pg_wal"],
        "job queue's files": [built.data / "broker"],
        "logs and the rest of the data directory": [built.data],
        "temporary files": [Path(tempfile.gettempdir())],
    }
    hits, number, size = 0, 0, 0
    print(f"{'searched':<44}{'files':>7}{'MB':>8}  hits by mark")
    for what, folders in searched.items():
        files = [file for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
        contents = (_read(file) for file in files)
        own = _count(marks, contents)
        amount = sum(file.stat().st_size for file in files if file.exists())
        number, size = number + len(files), size + amount
        print(f"{what:<44}{len(files):>7}{amount / 2**20:>8.1f}  {_told(own)}")
        hits += sum(count for name, count in own.items() if name != "control")
    dump = _dump(postgres)
    own = _count(marks, [dump])
    print(f"{'a dump by the superuser':<44}{1:>7}{len(dump) / 2**20:>8.1f}  {_told(own)}")
    hits += sum(count for name, count in own.items() if name != "control")
    if not own["control"]:
        print("THE SEARCH FINDS NOTHING: the control was not found")
        return 1
    print(f"marks of answers found: {hits}\n")
    return hits


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _count(marks: Sequence[Mark], contents: Any) -> dict[str, int]:
    """In how many files each mark stands."""
    found = {mark.what: 0 for mark in marks}
    for content in contents:
        for mark in marks:
            found[mark.what] += mark.is_in(content)
    return found


def _told(found: Mapping[str, int]) -> str:
    return ", ".join(f"{what} {count}" for what, count in found.items())


def _dump(postgres: Any) -> bytes:
    command = [str(postgres.home / "bin/pg_dump"), "-h", str(postgres.socket), "-U", "postgres", "--inserts", "survey"]
    return subprocess.run(command, check=True, capture_output=True, cwd="/").stdout


# Flipping -------------------------------------------------------------------------------------------------------------


def flip_every_byte() -> int:
    """Every byte of a stored record, of its texts and of its data key changed; returns how many still opened."""
    from survey import datakeys, keypairs, keyring
    from survey.datakeys import Place
    from survey.models import DataKey, FreeText, Response, SiteKey
    from survey.scope import site_scope
    from survey.sealing import SealError

    with _trial() as cohort, site_scope(cohort.site_id):
        text = FreeText.objects.filter(key_id__isnull=False)[0]
        row = Response.objects.get(site_id=cohort.site_id, pk=text.response_id)
        opener = keyring.opener(site_id=cohort.site_id)
        private = keypairs.usable(keyring.private_key(SiteKey.objects.get(site_id=cohort.site_id)))
        key = DataKey.objects.get(pk=row.key_id)
        opener.ciphers([key.pk.bytes])
    place = Place(row.site_id, row.cohort_id, row.version_id, row.pk)
    ways: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
        "record": (bytes(row.record), lambda changed: opener.record(changed, row.key_id, place)),
        "texts": (bytes(text.texts), lambda changed: opener.content(changed, text.key_id, place, datakeys.TEXTS)),
        "data key": (
            bytes(key.sealed),
            lambda changed: datakeys.open_key(key.pk, changed, private, site_id=cohort.site_id),
        ),
    }
    total = 0
    for what, (sealed, opening) in ways.items():
        opening(sealed)
        opened = 0
        for at in range(len(sealed)):
            changed = bytearray(sealed)
            changed[at] ^= 1 << at % 8
            try:
                opening(bytes(changed))
                opened += 1
            except SealError:
                pass
        print(f"{what}: {len(sealed)} bytes, each changed in turn: {len(sealed) - opened} refused, {opened} opened")
        total += opened
    return total


# Foreign rows ---------------------------------------------------------------------------------------------------------


def ask_for_foreign_rows(built: Stage) -> int:
    """Every table that carries a country, asked in every scope by every role; returns how many foreign rows came."""
    assert built.services.postgres is not None
    owner = psycopg2.connect(built.services.postgres.url("survey_owner"))
    with owner, owner.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns WHERE column_name = 'site_id'"
            " AND table_schema = 'public' AND table_name !~ '_site_[0-9]+$' ORDER BY 1"
        )
        tables = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT id FROM survey_site ORDER BY 1")
        sites = [row[0] for row in cursor.fetchall()]
    owner.close()
    foreign = asked = unscoped = own = 0
    for role in ("survey_web", "survey_worker"):
        line = psycopg2.connect(built.services.postgres.url("survey_app"), options=f"-c role={role}")
        for table in tables:
            for site in (None, *sites):
                rows = _sites_seen(line, table, site)
                asked += 1
                own += rows.get(site or 0, 0)
                foreign += sum(count for seen, count in rows.items() if seen != site and site is not None)
                unscoped += sum(rows.values()) if site is None and table not in SITELESS else 0
        line.close()
    print(
        f"{len(tables)} tables with a country × {len(sites)} countries and no scope × 2 roles, {asked} questions: "
        f"{own} rows of the scope's own country, {foreign} foreign ones, {unscoped} without a scope"
    )
    return foreign + unscoped


# Which site a hash leads to, and in which site somebody is a researcher: read before a site is known.
SITELESS = frozenset({"survey_locator", "accounts_role"})


def _sites_seen(line: Any, table: str, site: int | None) -> dict[int, int]:
    """How many rows of each site a role sees of a table in a site's scope; none where it may not look at all."""
    with line, line.cursor() as cursor:
        cursor.execute("SELECT set_config('app.site', %s, true)", [str(site) if site is not None else ""])
        cursor.execute("SAVEPOINT looking")
        try:
            cursor.execute(f'SELECT site_id, count(*) FROM "{table}" GROUP BY 1')
        except psycopg2.errors.InsufficientPrivilege:
            cursor.execute("ROLLBACK TO SAVEPOINT looking")
            return {}
        rows = dict(cursor.fetchall())
    return {} if table in SITELESS else rows


if __name__ == "__main__":
    raise SystemExit(main([]))
