"""The process that writes one file for SPSS or Stata: its content comes on standard input, the file goes out.

Started by `reports.datafiles.statistics`, which says why. Nothing else imports it.
"""

import json
import sys
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

from survey.protocol.columns import HIGHEST, LOWEST

# What pyreadstat opens by name is the pipe that the caller reads.
OUT = "/dev/fd/1"
# Version 14 is read by every Stata since 2015; what pyreadstat calls 15 is for more variables than Stata SE takes.
STATA_VERSION = 14

Spec = dict[str, Any]


def main() -> None:
    spec = json.loads(sys.stdin.buffer.readline())
    columns = spec["columns"]
    values = np.frombuffer(sys.stdin.buffer.read(), dtype="<i4").reshape(-1, len(columns))
    {"sav": write_sav, "dta": write_dta}[spec["kind"]](spec, values)


def write_sav(spec: Spec, values: Any) -> None:
    columns = spec["columns"]
    names = [column["name"] for column in columns]
    pyreadstat.write_sav(
        pd.DataFrame({name: values[:, place] for place, name in enumerate(names)}),
        OUT,
        file_label=spec["title"],
        note=spec["notes"],
        column_labels=_labels(columns),
        variable_value_labels={
            column["name"]: {code: label for code, _tag, label in column["values"]} for column in columns
        },
        missing_ranges={name: [{"lo": LOWEST, "hi": HIGHEST}] for name in names},
        variable_measure={column["name"]: "scale" if column["is_number"] else "nominal" for column in columns},
        variable_format=dict.fromkeys(names, "F8.0"),
        row_compress=True,
    )


def write_dta(spec: Spec, values: Any) -> None:
    columns = spec["columns"]
    tags = {code: tag for column in columns for code, tag, _label in column["values"] if tag}
    frame = {column["name"]: _tagged(values[:, place], tags) for place, column in enumerate(columns)}
    pyreadstat.write_dta(
        pd.DataFrame(frame),
        OUT,
        version=STATA_VERSION,
        file_label=spec["title"],
        column_labels=_labels(columns),
        variable_value_labels={
            column["name"]: {tag or code: label for code, tag, label in column["values"]} for column in columns
        },
        missing_user_values={column["name"]: sorted(set(tags.values())) for column in columns},
        variable_format={column["name"]: "%8.0g" for column in columns},
    )


def _tagged(codes: Any, tags: dict[int, str]) -> Any:
    """Numbers, and letters in place of missing ones: what pyreadstat writes as .a to .e.

    As categories, numbers first: a plain column of both is taken for text when it begins with many letters.
    """
    found, places = np.unique(codes, return_inverse=True)
    if not len(found) or found[0] >= 0:
        return codes
    missing = int((found < 0).sum())
    ordered = [*(int(code) for code in found[missing:]), *(tags[int(code)] for code in found[:missing])]
    turned = (places - missing) % len(found)
    return pd.Categorical.from_codes(turned, categories=pd.Index(ordered, dtype=object))


def _labels(columns: list[Spec]) -> dict[str, str | None]:
    return {column["name"]: column["label"] for column in columns}


if __name__ == "__main__":
    main()
