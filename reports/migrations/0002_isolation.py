"""Row-level security of releases, grants by role, and results that never change."""

from django.db import migrations

OWN_SITE = "site_id = NULLIF(current_setting('app.site', true), '')::integer"
OWN_STUDY = "study_id = NULLIF(current_setting('app.study', true), '')::integer"

GRANTS = {
    "survey_web": {
        "reports_release": "SELECT, INSERT",
        "reports_comparison": "SELECT, INSERT",
        "reports_comparison_releases": "SELECT, INSERT",
    },
    "survey_worker": {
        "reports_release": "SELECT, INSERT, UPDATE",
        "reports_comparison": "SELECT, INSERT, UPDATE",
        "reports_comparison_releases": "SELECT, INSERT",
    },
}


def grants() -> str:
    lines = [
        f"GRANT {rights} ON {table} TO {role};" for role, tables in GRANTS.items() for table, rights in tables.items()
    ]
    lines += [
        f"GRANT USAGE ON SEQUENCE {table}_id_seq TO {role};" for role, tables in GRANTS.items() for table in tables
    ]
    return "\n".join(lines)


ISOLATION = f"""
    ALTER TABLE reports_release ENABLE ROW LEVEL SECURITY;
    ALTER TABLE reports_release FORCE ROW LEVEL SECURITY;
    CREATE POLICY reports_release_own ON reports_release
        USING ({OWN_SITE} OR {OWN_STUDY}) WITH CHECK ({OWN_SITE} OR {OWN_STUDY});
"""
IMMUTABLE = """
    CREATE TRIGGER reports_release_immutable BEFORE UPDATE OR DELETE ON reports_release
        FOR EACH ROW WHEN (OLD.state = 'done') EXECUTE FUNCTION survey_refuse_change();
    CREATE TRIGGER reports_comparison_immutable BEFORE UPDATE OR DELETE ON reports_comparison
        FOR EACH ROW WHEN (OLD.state = 'done') EXECUTE FUNCTION survey_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("survey", "0002_isolation")]
    operations = [migrations.RunSQL([ISOLATION, grants(), IMMUTABLE], migrations.RunSQL.noop)]
