"""A comparison that waits for a key may take another release in place of the locked one, until it is done."""

from django.db import migrations

SQL = """
    GRANT UPDATE (release_id) ON reports_comparison_releases TO survey_worker;
    CREATE FUNCTION reports_refuse_other_release() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM reports_comparison WHERE id = OLD.comparison_id AND state = 'done') THEN
            RAISE EXCEPTION 'what a comparison was made of never changes' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER reports_comparison_releases_immutable BEFORE UPDATE ON reports_comparison_releases
        FOR EACH ROW EXECUTE FUNCTION reports_refuse_other_release();
"""
UNDO = """
    DROP TRIGGER reports_comparison_releases_immutable ON reports_comparison_releases;
    DROP FUNCTION reports_refuse_other_release();
    REVOKE UPDATE (release_id) ON reports_comparison_releases FROM survey_worker;
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0015_asked_by_cut")]
    operations = [migrations.RunSQL(SQL, UNDO)]
