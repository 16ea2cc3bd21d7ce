"""bin/manage update_texts: bring the translation catalogues to the texts that the program uses."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from surveyproject.texts import update_catalogue, used_messages


class Command(BaseCommand):
    help = (
        "Add new texts to locale/*/LC_MESSAGES/django.po, remove unused ones, and say how many wait for a translation."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        messages = used_messages(Path(settings.BASE_DIR))
        for file in sorted((Path(settings.BASE_DIR) / "locale").glob("*/LC_MESSAGES/django.po")):
            self.stdout.write(f"{file.parent.parent.name}: {update_catalogue(file, messages)} to translate")
