"""Drawings → PNG, as a process of its own: pictures for print take hundreds of megabytes, which go with the process.

Run by its path, so that it loads the typesetter and nothing else. Drawings come as JSON, PNGs go as JSON too.
"""

import base64
import json
import sys
from pathlib import Path

import typst

HERE = Path(__file__).parent
TEMPLATES, FONTS = HERE / "typeset", HERE / "fonts"
RESOLUTION = 300.0


def main() -> None:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    made = []
    for data in json.load(sys.stdin):
        picture = typst.compile(
            TEMPLATES / "picture.typ",
            root=TEMPLATES,
            font_paths=fonts,
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            format="png",
            ppi=RESOLUTION,
        )
        assert isinstance(picture, bytes)
        made.append(base64.b64encode(picture).decode())
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()
