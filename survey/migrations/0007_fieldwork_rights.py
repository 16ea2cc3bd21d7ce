"""Fieldwork: apart by site, what each role may do, and what nobody may change.

The web process writes paper entries and uploads and cannot read them back; it sees a flag, and not which response it is
about. Coordinators see tallies and quotas, which are counts.
"""

from django.db import migrations

OWN_SITE = "site_id = NULLIF(current_setting('app.site', true), '')::integer"
OWN_STUDY = (
    "site_id IN (SELECT id FROM survey_site WHERE study_id = NULLIF(current_setting('app.study', true), '')::integer)"
)
TABLES = (
    *("survey_quota", "survey_cohortchange", "survey_cut", "survey_paperbatch", "survey_papersheet"),
    *("survey_paperentry", "survey_difference", "survey_flag", "survey_upload", "survey_tombstone"),
)
NUMBERED = tuple(table for table in TABLES if table not in ("survey_paperentry", "survey_tombstone"))
FLAG = 'id, site_id, cohort_id, kind, week, language, detail, sheet, excluded, reason, by, "on"'
UPLOAD = 'id, site_id, cohort_id, kind, state, name, by, "on", done, size, asked_at, beat_at, attempts, report'
GRANTS = {
    "survey_web": {
        "survey_cohort": "INSERT, UPDATE",
        "survey_quota": "SELECT, INSERT, UPDATE, DELETE",
        "survey_cohortchange": "SELECT, INSERT",
        "survey_cut": "SELECT, INSERT",
        "survey_participant": "SELECT, INSERT, UPDATE, DELETE",
        "survey_paperbatch": "SELECT, INSERT, UPDATE",
        "survey_papersheet": "SELECT, INSERT, UPDATE",
        "survey_paperentry": "SELECT (id, site_id, cohort_id, batch, number, turn), INSERT, DELETE",
        "survey_difference": 'SELECT, UPDATE ("right"), DELETE',
        "survey_flag": f'SELECT ({FLAG}), UPDATE (excluded, reason, by, "on")',
        "survey_upload": f"SELECT ({UPLOAD}), INSERT, UPDATE, DELETE",
        "survey_tombstone": "INSERT",
    },
    "survey_worker": {
        "survey_quota": "SELECT, INSERT, UPDATE, DELETE",
        "survey_cohortchange": "SELECT, INSERT",
        "survey_cut": "SELECT, INSERT, UPDATE (is_marked)",
        "survey_response": "UPDATE (cut)",
        "survey_paperbatch": "SELECT, INSERT, UPDATE",
        "survey_papersheet": "SELECT, INSERT, UPDATE",
        "survey_paperentry": "SELECT, INSERT, DELETE",
        "survey_difference": "SELECT, INSERT, UPDATE, DELETE",
        "survey_flag": "SELECT, INSERT, UPDATE, DELETE",
        "survey_upload": "SELECT, INSERT, UPDATE, DELETE",
        "survey_tombstone": "SELECT, INSERT",
    },
}


def isolated(table: str) -> str:
    return f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY {table}_own_site ON {table} USING ({OWN_SITE}) WITH CHECK ({OWN_SITE});
    """


def grants() -> str:
    lines = [
        f"GRANT {rights} ON {table} TO {role};" for role, tables in GRANTS.items() for table, rights in tables.items()
    ]
    sequences = (*NUMBERED, "survey_cohort", "survey_participant")
    lines += [f"GRANT USAGE ON SEQUENCE {table}_id_seq TO survey_web, survey_worker;" for table in sequences]
    return "\n".join(lines)


def counted_by_study(table: str) -> str:
    return f"CREATE POLICY {table}_own_study ON {table} FOR SELECT USING ({OWN_STUDY});"


WRITTEN_ONCE = """
    CREATE TRIGGER survey_cohortchange_immutable BEFORE UPDATE OR DELETE ON survey_cohortchange
        FOR EACH ROW EXECUTE FUNCTION survey_refuse_change();
    CREATE TRIGGER survey_cut_immutable BEFORE UPDATE OR DELETE ON survey_cut
        FOR EACH ROW WHEN (OLD.is_marked) EXECUTE FUNCTION survey_refuse_change();
"""
# Cohorts that were frozen before there were cuts have had their last one.
FROZEN_BEFORE = """
    ALTER TABLE survey_cohort NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE survey_cut NO FORCE ROW LEVEL SECURITY;
    INSERT INTO survey_cut (site_id, cohort_id, number, made_on, by, reason, is_last, is_marked)
        SELECT site_id, id, 1, CURRENT_DATE, 'migration', 'frozen before there were cuts', true, false
        FROM survey_cohort WHERE state = 'frozen';
    ALTER TABLE survey_cut FORCE ROW LEVEL SECURITY;
    ALTER TABLE survey_cohort FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("survey", "0006_fieldwork")]
    operations = [
        migrations.RunSQL(
            [
                *(isolated(table) for table in TABLES),
                *(counted_by_study(table) for table in ("survey_tally", "survey_quota", "survey_cut")),
                grants(),
                WRITTEN_ONCE,
                FROZEN_BEFORE,
            ],
            migrations.RunSQL.noop,
        )
    ]
