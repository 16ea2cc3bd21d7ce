"""The restore drill: a dump by the superuser, a new database, and the same lines about rows, rights and the trail."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from surveyproject.embedded import places
from surveyproject.embedded.postgres import Postgres, remove


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A server with the demonstration data, as the program makes it."""
    data = tmp_path_factory.mktemp("restore")
    own = Postgres(data, settings={"fsync": "off"})
    own.start()
    manage(own, "prepare", role="survey_owner")
    manage(own, "make_site_keys")
    manage(own, "load_demo", "studies/defenders")
    yield own
    own.stop()
    remove(data)


def manage(cluster: Postgres, *command: str, role: str = "survey_worker", database: str = "survey") -> str:
    urls = {
        "DATABASE_URL": cluster.url("survey_app", database),
        "OWNER_DATABASE_URL": cluster.url("survey_owner", database),
    }
    environment = {**os.environ, **urls, "DATABASE_ROLE": role}
    arguments = [sys.executable, "manage.py", *command]
    return subprocess.run(
        arguments, cwd=places.ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout


def tool(cluster: Postgres, name: str, *arguments: str | Path) -> None:
    command = [cluster.home / "bin" / name, "-h", cluster.socket, "-U", "postgres", *arguments]
    subprocess.run([str(part) for part in command], check=True, cwd="/", capture_output=True, text=True)


def test_a_restored_database_holds_the_same_under_the_same_rights(cluster: Postgres, tmp_path: Path) -> None:
    before = manage(cluster, "describe_database")
    tool(cluster, "pg_dump", "-Fc", "-f", tmp_path / "survey.dump", "survey")
    cluster.execute("CREATE DATABASE again OWNER survey_owner")
    tool(cluster, "pg_restore", "-d", "again", tmp_path / "survey.dump")
    after = manage(cluster, "describe_database", database="again")
    assert after == before
    lines = before.splitlines()
    assert "NOT" not in before
    assert [line for line in lines if line.startswith("survey_response_site_")] != []
    assert all("row security forced" in line for line in lines if line.startswith("survey_response"))
    assert [line.split(",")[1] for line in lines if line.startswith("survey_response,")] == [" 406 rows"]
    noted = lines[-1].rpartition(" ")[2]
    assert "is whole" in manage(cluster, "verify_audit", "--head", noted, database="again")
    line = psycopg2.connect(cluster.url("survey_app", "again"))
    with line.cursor() as cursor:
        cursor.execute("SET ROLE survey_web")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("UPDATE accounts_auditentry SET actor = 'x'")
        line.rollback()
        cursor.execute("SET ROLE survey_worker")
        cursor.execute("SELECT count(*) FROM survey_response")
        assert cursor.fetchone() == (0,)
    line.close()
