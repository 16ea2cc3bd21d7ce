"""bin/manage: Django's commands with the database up; joins a running `bin/run`.

`bin/manage release` needs none: it is made where the private key is, away from every server.
"""

import os
import subprocess
import sys

from surveyproject.embedded import offline, places
from surveyproject.embedded.services import joined


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["release"]:
        return offline.main(arguments[1:])
    try:
        with joined(places.data_dir()):
            command = [sys.executable, str(places.ROOT / "manage.py"), *arguments]
            return subprocess.run(command, check=False, env=os.environ).returncode
    except places.StartError as error:
        print(f"Not started: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
