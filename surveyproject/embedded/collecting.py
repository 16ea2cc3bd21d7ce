"""bin/run --collect-only: one country's questions on a laptop, for whoever sits at it or joins its own Wi-Fi.

There is a web server and a database and nothing else: no page of staff, no worker, no job queue.
"""

import argparse
import ipaddress
import os
import re
from pathlib import Path

from surveyproject.embedded import places, processes
from surveyproject.embedded.processes import HERE

UNENCRYPTED = """\
This line is not encrypted: whoever is on the same Wi-Fi can read what is typed. Use the laptop's own hotspot with a
password of its own, let nobody else join, and never a café's, an office's or a hotel's network. Typed into a phone, the
address stays in its history."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    laptop = parser.add_argument_group(
        "field laptop", "one country's questions without a line, see docs/field-laptop.md"
    )
    laptop.add_argument("--collect-only", action="store_true", help="ask one country's questions and do nothing else")
    laptop.add_argument("--site", type=_country, help="the country, two capital letters, as KE")
    laptop.add_argument("--cohort", type=Path, help="the cohort file that the server's Files page gave")
    laptop.add_argument("--host", type=_private, help="the laptop's address in its own Wi-Fi, for phones")


def check(options: argparse.Namespace) -> str:
    """What does not fit together in the options; '' for nothing."""
    if options.collect_only:
        return "" if options.site else "--collect-only needs --site and a country, as --site KE"
    lone = [name for name in ("site", "cohort", "host") if getattr(options, name)]
    return f"--{lone[0]} goes with --collect-only" if lone else ""


def use_own_data_dir(options: argparse.Namespace) -> None:
    """A laptop's answers stand apart from a demonstration on the same machine, unless DATA_DIR says where."""
    os.environ.setdefault("DATA_DIR", str(places.ROOT / "var" / f"laptop-{options.site.lower()}"))


def hosts(options: argparse.Namespace) -> tuple[str, ...]:
    return (HERE,) if options.host in (None, HERE) else (HERE, options.host)


def environment(options: argparse.Namespace, data: Path) -> dict[str, str]:
    """What makes the program a field laptop's: its country, its names, and the key of its receipts."""
    key = data / "receipt-key"
    names = ",".join((*hosts(options), "localhost"))
    found = {"COLLECT_ONLY": options.site, "ALLOWED_HOSTS": names, "HTTPS": "0"}
    return {**found, "RECEIPT_KEY_FILE": str(key)} if key.exists() else found


def commands(options: argparse.Namespace) -> list[list[str]]:
    """Django's commands that prepare the cohort."""
    taken = [["import_cohort", str(options.cohort.resolve()), "--country", options.site]] if options.cohort else []
    return [*taken, ["prepare_laptop", options.site]]


def web(options: argparse.Namespace, data: Path) -> processes.Keeper:
    return processes.Keeper(processes.web(options.port, hosts=hosts(options), environment=environment(options, data)))


def told(options: argparse.Namespace, data: Path) -> list[str]:
    """Where to go, and what to know."""
    address = hosts(options)[-1]
    lines = [f"Questionnaire, {options.site}          http://{address}:{options.port}/j/"]
    if address != HERE:
        lines.append(UNENCRYPTED)
    lines.append(f"Answers are kept in {data}. To bring them to the server:")
    lines.append(f"  DATA_DIR={data} bin/manage export_bundle FILE --site {options.site}")
    return lines


def _country(text: str) -> str:
    if not re.fullmatch("[A-Z]{2}", text):
        raise argparse.ArgumentTypeError("write two capital letters, as KE")
    return text


def _private(text: str) -> str:
    """An address that only a network of one's own can reach."""
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no address such as 192.168.4.1") from None
    if not address.is_private or address.is_unspecified or address.is_link_local:
        message = f"{text} is no address of a private network; the line is not encrypted, so no other will do"
        raise argparse.ArgumentTypeError(message)
    return str(address)
