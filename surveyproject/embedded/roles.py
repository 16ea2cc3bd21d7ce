"""The database accounts, none of them a superuser. The same file sets up a server of one's own (docs/deploy.md)."""

from pathlib import Path

DATABASE = "survey"

ROLES = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
# Tests take every role in turn, one after the other, in one connection.
TEST_ROLE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'survey_test') THEN
        CREATE ROLE survey_test LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS;
        GRANT survey_owner, survey_web, survey_worker TO survey_test;
    END IF;
END $$;
"""
DATABASE_EXISTS = "SELECT 1 FROM pg_database WHERE datname = 'survey'"
CREATE_DATABASE = "CREATE DATABASE survey OWNER survey_owner"
