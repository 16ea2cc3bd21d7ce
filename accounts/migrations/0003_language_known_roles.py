"""The language somebody prefers at the desk; roles that nobody knows are refused by the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_grants")]

    operations = [
        migrations.AddField(
            "user", "language", models.CharField(blank=True, default="", max_length=16), preserve_default=False
        ),
        migrations.AddConstraint(
            "role",
            models.CheckConstraint(
                condition=models.Q(name__in=["researcher", "coordinator", "administrator"]), name="role_is_known"
            ),
        ),
        migrations.RunSQL("GRANT UPDATE (language) ON accounts_user TO survey_web", migrations.RunSQL.noop),
    ]
