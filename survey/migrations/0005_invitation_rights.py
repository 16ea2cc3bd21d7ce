"""Invitations and tallies: apart by site, and what each role may do with them."""

from django.db import migrations

OWN_SITE = "site_id = NULLIF(current_setting('app.site', true), '')::integer"
TABLES = ("survey_batch", "survey_invitation", "survey_tally")
GRANTS = """
    GRANT SELECT, INSERT ON survey_batch TO survey_web;
    GRANT SELECT, INSERT, UPDATE ON survey_invitation TO survey_web;
    GRANT SELECT, INSERT, UPDATE ON survey_tally TO survey_web;
    GRANT USAGE ON SEQUENCE survey_batch_id_seq TO survey_web, survey_worker;
    GRANT SELECT, INSERT, UPDATE, DELETE ON survey_batch, survey_invitation, survey_tally TO survey_worker;
"""


def isolated(table: str) -> str:
    return f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY {table}_own_site ON {table} USING ({OWN_SITE}) WITH CHECK ({OWN_SITE});
    """


class Migration(migrations.Migration):
    dependencies = [("survey", "0004_invitations")]
    operations = [migrations.RunSQL([*(isolated(table) for table in TABLES), GRANTS], migrations.RunSQL.noop)]
