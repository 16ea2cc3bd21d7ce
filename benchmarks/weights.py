"""bin/bench weights: what every participant page weighs in every language: HTML and CSS as they go over the line.

Both compressed with gzip, as on a first visit. The budget is 14,336 bytes.
"""

import argparse
import gzip
import re
from collections.abc import Iterator

from benchmarks.stage import STUDY, Stage, stage
from benchmarks.visitor import Page, Visitor

BUDGET = 14_336
VERSIONS = [("KE", "en"), ("MX", "es-MX"), ("CO", "es-CO"), ("ID", "id"), ("KE", "sw"), ("EG", "ar")]
MOST_PAGES = 100


def main(arguments: list[str]) -> int:
    argparse.ArgumentParser(prog="bin/bench weights", description=__doc__).parse_args(arguments)
    with stage() as built:
        built.manage("load_demo", str(STUDY))
        built.start("web")
        found = {language: list(walk(built, country, language)) for country, language in VERSIONS}
    print(f"{'page':<6}" + "".join(f"{language:>8}" for language in found))
    for number, weights in enumerate(zip(*found.values(), strict=False), start=1):
        print(f"{number:<6}" + "".join(f"{weight:>8,}" for weight in weights))
    heaviest = max(weight for weights in found.values() for weight in weights)
    print(
        f"Heaviest {heaviest:,} of {BUDGET:,} bytes. Page 1 is the link, the last two are the review and the receipt."
    )
    return int(heaviest > BUDGET)


def walk(built: Stage, country: str, language: str) -> Iterator[int]:
    """The weight of every page from the link to the receipt, nothing answered."""
    from benchmarks.found import trial_link

    visitor = Visitor(f"http://127.0.0.1:{built.port}")
    page = visitor.press_without_button(visitor.open(trial_link(country)), {"_lang": language})
    for _ in range(MOST_PAGES):
        yield weigh(visitor, page)
        if not page.fields:
            return
        page = visitor.press(page, {"agree": "on"} if page.fields.get("_do") == ["start"] else {})


def weigh(visitor: Visitor, page: Page) -> int:
    style = re.search(r'rel="stylesheet" href="([^"]+)"', page.text)
    assert style, page.text
    return len(gzip.compress(page.text.encode())) + len(gzip.compress(visitor.open(style.group(1)).text.encode()))
