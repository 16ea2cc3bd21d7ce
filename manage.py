#!/usr/bin/env python
"""Django's commands. `bin/manage` runs them with the database up."""

import os
import sys

# Commands that change the schema, publish, or make accounts need the owner's role; everything else counts or reads.
OWNER_COMMANDS = frozenset(
    {"migrate", "prepare", "publish_study", "create_demo_accounts", "create_demo_researchers", "demo_code"}
    | {"create_coordinator", "create_administrator"}
)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "surveyproject.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    os.environ.setdefault("DATABASE_ROLE", "survey_owner" if command in OWNER_COMMANDS else "survey_worker")
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.INSTALLED_APPS  # noqa: B018  a bad environment is one sentence here, not a traceback later
    except ImproperlyConfigured as error:
        sys.exit(f"Not started: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
