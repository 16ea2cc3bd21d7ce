"""What R is given: tables of counts, families of p-values, and answer sheets as our own export writes them.

`python -m tests.r.generate` writes it to tests/r/inputs. Same seeds, same bytes.
"""

import csv
import io
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from reports.plan import Plan
from survey.protocol import datafile, routing
from survey.protocol.schema import Answers, Missing, Protocol
from tests import workbooks as w

INPUTS = Path(__file__).parent / "inputs"
COUNTRIES = ("KE", "EG", "MX")
SEEDS = (1, 2, 3)
YES = {"stat": "percent_in", "count": "yes"}


def study() -> tuple[Protocol, Plan]:
    """Every kind of figure: boxes, distributions, multi-selects, means with and without zeros, filters, splits."""
    return w.study(
        [
            *w.group(
                "all",
                w.one("sex", "sex"),
                w.integer("age", 15, 120),
                w.one("trained", "yesno"),
                w.integer("times", 0, 250, relevant="${trained} = 'yes'"),
                w.one("often", "often"),
                w.one("safe", "often"),
                w.one("area", "area"),
                w.many("ways", "ways"),
                w.one("content", "yesno"),
            )
        ],
        [
            *w.SEX,
            *w.YES_NO,
            *w.choices("often", "never", "often", "always", missing=["dont_know", "not_applicable"]),
            *w.choices("area", "city", "town", "village"),
            *w.choices("ways", "a", "b", "c", none=True),
        ],
        countries=[w.country(code) for code in COUNTRIES],
        indicators=[
            w.indicator("trained", "trained", split="sex", average="all", family="sexes", **YES),
            w.indicator("often", "often", "percent_in", count="often always", dont_know="include",
                        not_applicable="exclude", split="sex", average="others", family="sexes"),
            w.indicator("safe", "safe", "percent_in", count="always", dont_know="exclude", not_applicable="include",
                        average="all", family="countries"),
            w.indicator("area", "area", "percent_each"),
            w.indicator("ways", "ways", "percent_each"),
            w.indicator("way.a", "ways", "percent_in", count="a", family="countries", decimals="0"),
            w.indicator("content.older", "content", filter="${age} >= 40", **YES),
            w.indicator("times", "times", "mean", decimals="2"),
            w.indicator("times.zero", "times", "mean", zero_if="${trained} = 'no'", average="all"),
            w.indicator("age.mean", "age", "mean", split="sex"),
            w.indicator("age.low", "age", "min", decimals="0"),
            w.indicator("age.high", "age", "max", decimals="0"),
            w.indicator("age.count", "age", "count", decimals="0"),
        ],
    )  # fmt: skip


def sheets(protocol: Protocol, country: str, seed: int) -> list[Answers]:
    """One country's answers; each has habits of its own, and leaves out or declines now and then."""
    rng = random.Random(f"{country}:{seed}")
    return [_sheet(protocol, country, rng) for _ in range(rng.randint(90, 160))]


def _sheet(protocol: Protocol, country: str, rng: random.Random) -> Answers:
    lean = {"KE": 0.3, "EG": 0.45, "MX": 0.6}[country]

    def drawn(*names: str) -> str | Missing:
        if rng.random() < 0.06:
            return rng.choice([Missing.BLANK, "prefer_not"])
        return names[min(int(rng.random() * len(names) / (0.6 + lean)), len(names) - 1)]

    ticked = tuple(name for name in "abc" if rng.random() < lean)
    answers: Answers = {
        "sex": rng.choices(["woman", "man", "prefer_not"], [4, 3, 2])[0],
        "age": rng.choice([Missing.BLANK, *(rng.randint(18, 70) for _ in range(15))]),
        "trained": drawn("no", "yes"),
        "times": rng.randint(0, 12),
        "often": drawn("never", "dont_know", "often", "not_applicable", "always"),
        "safe": drawn("never", "always", "often", "dont_know", "not_applicable"),
        "area": drawn("city", "town", "village"),
        "ways": Missing.BLANK if rng.random() < 0.05 else ticked or ("none",),
        "content": drawn("yes", "no"),
    }
    return routing.on_route(protocol, answers, country)


# Files ----------------------------------------------------------------------------------------------------------------


def microdata() -> str:
    """All sheets of all seeds, with the seed and the country before the columns of our export."""
    protocol, _ = study()
    rows: list[Sequence[object]] = [["seed", "country", *datafile.headings(protocol)]]
    for seed in SEEDS:
        for country in COUNTRIES:
            for answers in sheets(protocol, country, seed):
                rows.append([seed, country, *datafile.line(protocol, "2026-W48", "en", answers)])
    return _csv(rows)


def tables() -> str:
    """Tables of groups by counted or not: of two to six groups, small ones and uneven ones, and some large."""
    rng = random.Random("tables")
    rows: list[Sequence[object]] = [["table", "group", "k", "n"]]
    for number, sizes in enumerate(_sizes(rng)):
        share = rng.uniform(0.1, 0.9)
        for group, n in enumerate(sizes):
            k = sum(rng.random() < min(max(share + rng.uniform(-0.15, 0.15), 0.02), 0.98) for _ in range(n))
            rows.append([number, group, k, n])
    return _csv(rows)


def _sizes(rng: random.Random) -> Iterator[list[int]]:
    for _ in range(120):
        yield [rng.randint(5, 90), rng.randint(5, 90)]
    for groups in (3, 4, 5):
        for _ in range(20):
            yield [rng.randint(5, 30) for _ in range(groups)]
            yield [rng.randint(5, 12), *(rng.randint(40, 90) for _ in range(groups - 1))]
    for _ in range(10):
        yield [rng.randint(60, 400) for _ in range(6)]
    yield [900, 1500]
    yield [12, 3000]
    yield [20_000, 30_000]


def families() -> str:
    """p-values in families, some with more tests declared than made."""
    rng = random.Random("families")
    rows: list[Sequence[object]] = [["family", "p", "declared"]]
    for number in range(30):
        size = rng.randint(1, 8)
        declared = size + rng.choice([0, 0, 1, 3])
        rows += [[number, f"{rng.random() ** 3:.6f}", declared] for _ in range(size)]
    return _csv(rows)


def _csv(rows: Sequence[Sequence[object]]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue()


FILES = {"microdata.csv": microdata, "tables.csv": tables, "families.csv": families}


if __name__ == "__main__":
    INPUTS.mkdir(exist_ok=True)
    for name, make in FILES.items():
        (INPUTS / name).write_text(make(), encoding="utf-8")
