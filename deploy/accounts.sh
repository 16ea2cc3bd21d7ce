#!/bin/sh
# The database accounts of a new server: the roles that bin/run makes too, each with a login and a password of its own.
# PostgreSQL's image runs this once, as its superuser, when the data directory is new. By hand: see docs/deploy.md.
set -eu
secrets=${SECRETS:-/run/secrets}
psql -v ON_ERROR_STOP=1 -q -f "${ROLES_SQL:-/roles.sql}"
psql -v ON_ERROR_STOP=1 -q \
    -v owner="$(cat "$secrets/owner_password")" \
    -v web="$(cat "$secrets/web_password")" \
    -v worker="$(cat "$secrets/worker_password")" <<'SQL'
ALTER ROLE survey_owner LOGIN PASSWORD :'owner';
ALTER ROLE survey_web LOGIN PASSWORD :'web';
ALTER ROLE survey_worker LOGIN PASSWORD :'worker';
ALTER ROLE survey_app NOLOGIN;
CREATE DATABASE survey OWNER survey_owner;
REVOKE CONNECT ON DATABASE survey FROM PUBLIC;
GRANT CONNECT ON DATABASE survey TO survey_owner, survey_web, survey_worker;
SQL
