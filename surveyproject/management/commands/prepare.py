"""bin/manage prepare: schema, texts, static files and the bundled study in one process, so that starting is quick."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from surveyproject.texts import compile_catalogues


class Command(BaseCommand):
    help = "Migrate, compile translations, collect static files, publish the bundled study. As the owner role."

    def handle(self, *args: Any, **options: Any) -> None:
        compile_catalogues(Path(settings.BASE_DIR) / "locale")
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("publish_study", "studies/defenders", stdout=self.stdout)
