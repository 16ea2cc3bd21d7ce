"""What Django cannot say: partitions by site, row-level security, grants by role, immutable versions."""

from django.db import migrations

OWN_SITE = "site_id = NULLIF(current_setting('app.site', true), '')::integer"
OWN_STUDY = (
    "site_id IN (SELECT id FROM survey_site WHERE study_id = NULLIF(current_setting('app.study', true), '')::integer)"
)
SITE_TABLES = ("survey_cohort", "survey_participant", "survey_draft", "survey_response", "survey_freetext")

# Each application role gets what its work needs and nothing else. The web process cannot read an answer back.
GRANTS = {
    "survey_web": {
        "survey_study": "SELECT",
        "survey_version": "SELECT",
        "survey_site": "SELECT",
        "survey_locator": "SELECT",
        "survey_cohort": "SELECT",
        "survey_draft": "SELECT, INSERT, UPDATE, DELETE",
        "survey_response": "INSERT",
        "survey_freetext": "INSERT",
    },
    "survey_worker": {
        "survey_study": "SELECT",
        "survey_version": "SELECT",
        "survey_site": "SELECT",
        "survey_locator": "SELECT, INSERT, UPDATE, DELETE",
        "survey_cohort": "SELECT, INSERT, UPDATE",
        "survey_participant": "SELECT, INSERT, UPDATE, DELETE",
        "survey_draft": "SELECT, DELETE",
        "survey_response": "SELECT, INSERT, DELETE",
        "survey_freetext": "SELECT, INSERT, DELETE",
    },
}


def partitioned(table: str, key: str) -> str:
    """Rebuild an empty table as one partitioned by site; Django goes on seeing its ordinary model."""
    return f"""
        ALTER TABLE {table} RENAME TO {table}_plain;
        CREATE TABLE {table} (LIKE {table}_plain INCLUDING DEFAULTS) PARTITION BY LIST (site_id);
        DROP TABLE {table}_plain;
        ALTER TABLE {table} ADD PRIMARY KEY ({key});
    """


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
    sequences = ("survey_cohort_id_seq", "survey_participant_id_seq")
    lines += [f"GRANT USAGE ON SEQUENCE {sequence} TO survey_worker;" for sequence in sequences]
    return "\n".join(lines)


IMMUTABLE = """
    CREATE FUNCTION survey_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a row of % never changes', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER survey_version_immutable BEFORE UPDATE OR DELETE ON survey_version
        FOR EACH ROW EXECUTE FUNCTION survey_refuse_change();
"""
COHORTS_OF_STUDY = f"CREATE POLICY survey_cohort_own_study ON survey_cohort FOR SELECT USING ({OWN_STUDY});"


class Migration(migrations.Migration):
    dependencies = [("survey", "0001_initial")]
    operations = [
        migrations.RunSQL(
            [
                partitioned("survey_response", "site_id, id"),
                partitioned("survey_freetext", "site_id, id"),
                "CREATE INDEX survey_response_cohort ON survey_response (site_id, cohort_id, version_id);",
                "CREATE INDEX survey_freetext_response ON survey_freetext (site_id, response_id);",
                *(isolated(table) for table in SITE_TABLES),
                COHORTS_OF_STUDY,
                grants(),
                IMMUTABLE,
            ],
            migrations.RunSQL.noop,
        )
    ]
