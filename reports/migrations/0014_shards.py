"""Shards of large cohorts: apart by site, for workers only."""

from django.db import migrations, models
from django.db.models.functions import Now

STATES = [(name, name.title()) for name in ("queued", "running", "locked", "done", "failed")]
STATES += [("canceled", "Cancelled")]
OWN_SITE = "site_id = NULLIF(current_setting('app.site', true), '')::integer"
RIGHTS = f"""
    ALTER TABLE reports_releaseshard ENABLE ROW LEVEL SECURITY;
    ALTER TABLE reports_releaseshard FORCE ROW LEVEL SECURITY;
    CREATE POLICY reports_releaseshard_own_site ON reports_releaseshard
        USING ({OWN_SITE}) WITH CHECK ({OWN_SITE});
    GRANT SELECT, INSERT, UPDATE, DELETE ON reports_releaseshard TO survey_worker;
    GRANT USAGE ON SEQUENCE reports_releaseshard_id_seq TO survey_worker;
"""


class Migration(migrations.Migration):
    dependencies = [("reports", "0013_data_files_begun")]
    operations = [
        migrations.CreateModel(
            name="ReleaseShard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site_id", models.IntegerField()),
                ("release_id", models.BigIntegerField()),
                ("number", models.PositiveSmallIntegerField()),
                ("low", models.UUIDField()),
                ("high", models.UUIDField()),
                ("state", models.CharField(choices=STATES, default="queued", max_length=8)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("asked_at", models.DateTimeField(db_default=Now())),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("begun_at", models.DateTimeField(null=True)),
                ("beat_at", models.DateTimeField(null=True)),
                ("key_id", models.UUIDField(null=True)),
                ("content", models.BinaryField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("site_id", "release_id", "number"), name="release_shard_once"),
                    models.CheckConstraint(
                        condition=models.Q(("state", "done"), _negated=True) | models.Q(content__isnull=False),
                        name="release_shard_done_is_whole",
                    ),
                ],
            },
        ),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
