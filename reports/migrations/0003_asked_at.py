"""When the workers were last asked for a release; and the web process may ask again for what failed."""

from django.db import migrations, models
from django.db.models.functions import Now

GRANTS = """
    GRANT UPDATE (state, reason, asked_at) ON reports_release TO survey_web;
    GRANT UPDATE (state, reason) ON reports_comparison TO survey_web;
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_isolation")]
    operations = [
        migrations.AddField("release", "asked_at", models.DateTimeField(db_default=Now())),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
    ]
