"""Data files keep when the latest attempt began, as releases do."""

from django.db import migrations, models

STATES = [(name, name.title()) for name in ("queued", "running", "locked", "done", "failed")]
STATES += [("canceled", "Cancelled")]


class Migration(migrations.Migration):
    dependencies = [("reports", "0012_cancelling")]
    operations = [
        migrations.AddField("microdatafile", "begun_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "microdatafile", "state", models.CharField(choices=STATES, default="queued", max_length=8)
        ),
        migrations.RunSQL(
            "GRANT UPDATE (begun_at) ON reports_microdatafile TO survey_worker;"
            "GRANT SELECT (begun_at) ON reports_microdatafile TO survey_web, survey_worker;",
            migrations.RunSQL.noop,
        ),
    ]
