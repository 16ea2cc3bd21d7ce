"""A look at the answers is asked for again and again: attempts are counted from the last asking."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0005_fieldwork_rights")]
    operations = [
        migrations.AlterField("fieldworkcount", "attempts", models.PositiveIntegerField(default=0)),
        migrations.AddField("fieldworkcount", "attempts_before", models.PositiveIntegerField(default=0)),
        migrations.RunSQL(
            "GRANT UPDATE (attempts_before) ON reports_fieldworkcount TO survey_web;", migrations.RunSQL.noop
        ),
    ]
