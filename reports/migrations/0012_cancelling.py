"""A comparison can be called off; releases and looks keep when the latest attempt began."""

from django.db import migrations, models

STATES = [(name, name.title()) for name in ("queued", "running", "locked", "done", "failed")]
STATES += [("canceled", "Cancelled")]
GRANTS = "GRANT UPDATE (cancelled_by, cancelled_at) ON reports_comparison TO survey_web;"


class Migration(migrations.Migration):
    dependencies = [("reports", "0011_microdata")]
    operations = [
        *(
            migrations.AlterField(model, "state", models.CharField(choices=STATES, default="queued", max_length=8))
            for model in ("comparison", "fieldworkcount", "release")
        ),
        *(
            migrations.AddField(model, "begun_at", models.DateTimeField(null=True))
            for model in ("fieldworkcount", "release")
        ),
        migrations.AddField("comparison", "cancelled_by", models.CharField(blank=True, default="", max_length=120)),
        migrations.AddField("comparison", "cancelled_at", models.DateTimeField(null=True)),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
    ]
