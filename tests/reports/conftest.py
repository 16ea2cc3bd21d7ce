"""A coordinator's browser, and a published study."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from survey.models import Site, Version
from tests.factories import make_staff, signed_in
from tests.studies import publish_small, site_of


@pytest.fixture
def plain_files(settings: Any, tmp_path: Path) -> None:
    """Style sheets go by their plain names, so that nothing has to be collected first."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.STATIC_ROOT = tmp_path


@pytest.fixture
def desk(client: Client, db: None, plain_files: None) -> Client:
    """Signed in."""
    signed_in(client, make_staff())
    return client


@pytest.fixture
def version(db: None) -> Version:
    return publish_small()


@pytest.fixture
def kenya(version: Version) -> Site:
    return site_of(version, "KE")
