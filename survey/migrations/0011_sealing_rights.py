"""Keys: apart by site, and what each role may do with them. No answer without its data key.

The web process draws data keys and cannot read one back, sealed though it is.
"""

from django.db import migrations

OWN_SITE = "site_id = NULLIF(current_setting('app.site', true), '')::integer"
OWN_STUDY = (
    "site_id IN (SELECT id FROM survey_site WHERE study_id = NULLIF(current_setting('app.study', true), '')::integer)"
)
TABLES = ("survey_sitekey", "survey_datakey", "survey_keyholder", "survey_unlock")
# Which keys a site has, in whose custody: what coordinators and administrators may see, too.
SITE_KEY = "id, site_id, number, custody, state, public, made_on"
GRANTS = {
    "survey_web": {
        "survey_sitekey": f"SELECT ({SITE_KEY}), UPDATE (state)",
        "survey_datakey": "SELECT (id, site_id, site_key), INSERT",
        "survey_keyholder": "SELECT, INSERT, UPDATE, DELETE",
        "survey_unlock": "SELECT, INSERT, DELETE",
        "survey_upload": "SELECT (seal_id, key_id)",
    },
    "survey_worker": {
        "survey_sitekey": "SELECT, INSERT, UPDATE",
        "survey_datakey": "SELECT, INSERT, UPDATE, DELETE",
        "survey_keyholder": "SELECT, UPDATE, DELETE",
        "survey_unlock": "SELECT, DELETE",
    },
}
NUMBERED = ("survey_sitekey", "survey_keyholder")


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
    lines += [f"GRANT USAGE ON SEQUENCE {table}_id_seq TO survey_web, survey_worker;" for table in NUMBERED]
    return "\n".join(lines)


KEYED = """
    ALTER TABLE survey_datakey ADD CONSTRAINT data_key_of_site UNIQUE (site_id, id);
    ALTER TABLE survey_response ADD CONSTRAINT response_has_its_key
        FOREIGN KEY (site_id, key_id) REFERENCES survey_datakey (site_id, id);
    ALTER TABLE survey_freetext ADD CONSTRAINT freetext_has_its_key
        FOREIGN KEY (site_id, key_id) REFERENCES survey_datakey (site_id, id);
"""
# In no write-ahead log, and empty after a crash.
UNLOGGED = "ALTER TABLE survey_unlock SET UNLOGGED;"


class Migration(migrations.Migration):
    dependencies = [("survey", "0010_sealing")]
    operations = [
        migrations.RunSQL(
            [
                *(isolated(table) for table in TABLES),
                f"CREATE POLICY survey_sitekey_own_study ON survey_sitekey FOR SELECT USING ({OWN_STUDY});",
                grants(),
                KEYED,
                UNLOGGED,
            ],
            migrations.RunSQL.noop,
        )
    ]
