"""What several commands ask for: a study, a country, a cohort. What cannot be found is one sentence."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from survey.models import Cohort, Site, Study, Version
from survey.publishing import latest_version
from survey.scope import site_scope


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--study", default="defenders")
    parser.add_argument("--country", required=True, help="two capital letters, as KE")
    parser.add_argument("--cohort", default="", help="name of the cohort, where the country has several")


def add_site_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--study", default="defenders")
    parser.add_argument("--site", "--country", dest="country", required=True, help="two capital letters, as KE")


def site_of(options: dict[str, Any]) -> Site:
    """The site that a command's options name."""
    version_of(options["study"])
    site = Site.objects.filter(study__slug=options["study"], country=options["country"]).first()
    if site is None:
        raise CommandError(f"The study does not run in “{options['country']}”.")
    return site


def version_of(study: str) -> Version:
    """The latest version of a study."""
    found = Study.objects.filter(slug=study).first()
    if found is None:
        known = ", ".join(Study.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no study “{study}”. Published studies: {known}.")
    return latest_version(found)


def cohort_of(options: dict[str, Any]) -> tuple[Site, Cohort]:
    """The cohort that a command's options name."""
    site = site_of(options)
    with site_scope(site.pk):
        cohorts = list(Cohort.objects.filter(site_id=site.pk))
    named = [cohort for cohort in cohorts if options["cohort"] in ("", cohort.name)]
    if len(named) != 1:
        names = ", ".join(f"“{cohort.name}”" for cohort in cohorts) or "none yet"
        raise CommandError(f"Name one cohort with --cohort. Cohorts of {site.country}: {names}.")
    return site, named[0]


def write_new(file: Path, content: bytes) -> None:
    """A file that only its owner can read. One that is there already is left as it is."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.write(content)
    except OSError as error:
        raise CommandError(f"{file} cannot be written: {error.strerror}.") from None
