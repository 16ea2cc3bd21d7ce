-- The database accounts, none of them a superuser. bin/run and deploy/accounts.sh both read this file.
-- Group roles carry the rights; survey_app takes them on when it connects (NOINHERIT: it has none before).
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'survey_owner') THEN
        CREATE ROLE survey_owner LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS;
        CREATE ROLE survey_web NOLOGIN NOSUPERUSER NOBYPASSRLS;
        CREATE ROLE survey_worker NOLOGIN NOSUPERUSER NOBYPASSRLS;
        CREATE ROLE survey_app LOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS;
        GRANT survey_web, survey_worker TO survey_app;
    END IF;
END $$;
