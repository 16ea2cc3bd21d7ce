"""A coordinator's browser, and a published study."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from survey.models import Version
from tests.factories import make_staff, signed_in
from tests.studies import publish_small


@pytest.fixture
def desk(client: Client, db: None, settings: Any, tmp_path: Path) -> Client:
    """Signed in; style sheets go by their plain names, so that nothing has to be collected first."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.STATIC_ROOT = tmp_path
    signed_in(client, make_staff())
    return client


@pytest.fixture
def version(db: None) -> Version:
    return publish_small()
