"""An older key is passed on to the one that follows; one whose file is missing is sealed to no more."""

from django.db import migrations, models

STATES = ("current", "retired", "erased", "lost")


class Migration(migrations.Migration):
    dependencies = [("survey", "0012_custody")]
    operations = [
        migrations.AddField("sitekey", "passed_on", models.BinaryField(null=True)),
        migrations.AlterField(
            "sitekey",
            "state",
            models.CharField(choices=[(name, name.title()) for name in STATES], default="current", max_length=8),
        ),
        migrations.RemoveConstraint("sitekey", "site_key_state_is_known"),
        migrations.AddConstraint(
            "sitekey",
            models.CheckConstraint(condition=models.Q(("state__in", list(STATES))), name="site_key_state_is_known"),
        ),
        # Records that lie open are counted apart from sealed ones; where there are none, that must cost nothing.
        migrations.RunSQL(
            "CREATE INDEX survey_response_open ON survey_response (site_id, cohort_id, version_id)"
            " WHERE key_id IS NULL",
            migrations.RunSQL.noop,
        ),
        # Whoever erases makes away with what was passed on, too. It opens with the site's own key only.
        migrations.RunSQL(
            "GRANT SELECT (passed_on), UPDATE (passed_on) ON survey_sitekey TO survey_web", migrations.RunSQL.noop
        ),
    ]
