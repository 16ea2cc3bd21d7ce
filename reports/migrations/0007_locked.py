"""Work that waits for somebody to unlock its site's key."""

from django.db import migrations, models

STATES = [(name, name.title()) for name in ("queued", "running", "locked", "done", "failed")]


class Migration(migrations.Migration):
    dependencies = [("reports", "0006_fieldwork_desk")]
    operations = [
        migrations.AlterField(
            model_name=model,
            name="state",
            field=models.CharField(choices=STATES, default="queued", max_length=8),
        )
        for model in ("comparison", "fieldworkcount", "release")
    ]
