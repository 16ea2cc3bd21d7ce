"""bin/bench NAME: run one benchmark. Each brings up servers of its own and leaves nothing behind."""

import importlib
import sys
from collections.abc import Mapping

BENCHMARKS: Mapping[str, str] = {
    "attack": "search everything that is written for answers, flip every sealed byte, ask every table for foreign rows",
    "collect": "participants at once: questionnaires and pages a second, beside the raw insert rate",
    "desk": "the researcher's desk at its largest: invitations, slips, participants, the morning page",
    "entry": "one questionnaire from paper by keys: keystrokes and seconds, beside the participant's form",
    "faults": "kill workers, web servers, the broker and the database while they are needed; count what is lost",
    "full": "fill the database's disk while people answer; what they are told, and what is there afterwards",
    "import": "read response files of growing size: rows a second, peak memory",
    "report": "one whole comparison with every file in every language, at 407 and at 10^6 responses",
    "scale": "what grows with responses, with shards, with data keys, with countries, and what does not",
    "start": "from a bare clone to the first page, and again when everything is there",
    "tabulate": "all indicators by country and gender, beside pandas and SQL over JSONB",
    "weights": "bytes of every participant page in every language",
}
MODULES: Mapping[str, str] = {"full": "full_disk", "import": "import_responses"}


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] not in BENCHMARKS:
        print("bin/bench NAME [--help]\n" + "\n".join(f"  {name:<10}{what}" for name, what in BENCHMARKS.items()))
        return 0 if arguments in ([], ["--help"]) else 2
    name = MODULES.get(arguments[0], arguments[0])
    return int(importlib.import_module(f"benchmarks.{name}").main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
