"""Keys held by researchers: a key to be changed at the next unlock, an unlock that outlives the change, recovery."""

from django.db import migrations, models

GRANTS = """
    GRANT SELECT (rotation_due), UPDATE (rotation_due) ON survey_sitekey TO survey_web;
    GRANT UPDATE (box, site_key) ON survey_unlock TO survey_worker;
    GRANT UPDATE (recovery_public) ON survey_study TO survey_worker;
"""


class Migration(migrations.Migration):
    dependencies = [("survey", "0011_sealing_rights")]
    operations = [
        migrations.AddField("sitekey", "rotation_due", models.BooleanField(default=False)),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
    ]
