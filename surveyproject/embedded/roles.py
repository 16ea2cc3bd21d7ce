"""The database accounts, none of them a superuser. The same statements set up a server of one's own (see the docs)."""

DATABASE = "survey"

# Group roles carry the rights; login accounts take them on when they connect (NOINHERIT: they have none before).
ROLES = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'survey_owner') THEN
        CREATE ROLE survey_owner LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS;
        CREATE ROLE survey_web NOLOGIN NOSUPERUSER NOBYPASSRLS;
        CREATE ROLE survey_worker NOLOGIN NOSUPERUSER NOBYPASSRLS;
        CREATE ROLE survey_app LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS;
        GRANT survey_web, survey_worker TO survey_app;
    END IF;
END $$;
"""
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
