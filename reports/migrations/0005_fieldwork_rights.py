"""What the answers say about fieldwork: asked for by the web process, counted by a worker, apart by site."""

from django.db import migrations

OWN_SITE = "site_id = NULLIF(current_setting('app.site', true), '')::integer"
SQL = f"""
    ALTER TABLE reports_fieldworkcount ENABLE ROW LEVEL SECURITY;
    ALTER TABLE reports_fieldworkcount FORCE ROW LEVEL SECURITY;
    CREATE POLICY reports_fieldworkcount_own_site ON reports_fieldworkcount
        USING ({OWN_SITE}) WITH CHECK ({OWN_SITE});
    GRANT SELECT, INSERT, UPDATE (state, reason, asked_at) ON reports_fieldworkcount TO survey_web;
    GRANT SELECT, INSERT, UPDATE ON reports_fieldworkcount TO survey_worker;
    GRANT USAGE ON SEQUENCE reports_fieldworkcount_id_seq TO survey_web, survey_worker;
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0004_fieldwork")]
    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
