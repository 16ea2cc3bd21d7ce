"""What an image holds ready: compiled translations and collected static files. Needs no database."""

import os
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

from surveyproject.texts import compile_catalogues


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "surveyproject.settings")
    django.setup()
    compile_catalogues(Path(settings.BASE_DIR) / "locale")
    call_command("collectstatic", interactive=False, verbosity=0)


if __name__ == "__main__":
    main()
