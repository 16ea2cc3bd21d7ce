"""Files of answers for a country's researchers: asked for, agreed to by a second one, made sealed, soon deleted."""

import django.db.models.functions.datetime
from django.db import migrations, models

OWN_SITE = "site_id = NULLIF(current_setting('app.site', true), '')::integer"
TABLES = ("reports_microdatarequest", "reports_microdatafile")
STATES = [(name, name.title()) for name in ("queued", "running", "locked", "done", "failed")]
# What the web process changes of a request is its answer; what of it was asked for stays as it was asked.
GRANTS = """
    GRANT SELECT, INSERT, UPDATE (state, answered_by, answered_on, expires_on, fetched_on)
        ON reports_microdatarequest TO survey_web;
    GRANT SELECT, UPDATE (state) ON reports_microdatarequest TO survey_worker;
    GRANT SELECT, INSERT, DELETE ON reports_microdatafile TO survey_web;
    GRANT SELECT, UPDATE (state, reason, asked_at, attempts, beat_at, content), DELETE
        ON reports_microdatafile TO survey_worker;
    GRANT USAGE ON SEQUENCE reports_microdatarequest_id_seq TO survey_web;
    GRANT USAGE ON SEQUENCE reports_microdatafile_id_seq TO survey_web;
"""
# In no write-ahead log, and empty after a crash.
UNLOGGED = "ALTER TABLE reports_microdatafile SET UNLOGGED;"


def isolated(table: str) -> str:
    return f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY {table}_own_site ON {table} USING ({OWN_SITE}) WITH CHECK ({OWN_SITE});
    """


def number() -> models.BigAutoField:
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [("reports", "0010_plans")]
    operations = [
        migrations.CreateModel(
            name="MicrodataRequest",
            fields=[
                ("id", number()),
                ("site_id", models.IntegerField()),
                ("cohort_id", models.IntegerField()),
                ("cut", models.PositiveSmallIntegerField()),
                ("kinds", models.CharField(max_length=32)),
                ("language", models.CharField(max_length=16)),
                (
                    "purpose",
                    models.CharField(
                        choices=[(name, name.title()) for name in ("analysis", "checking", "archive")], max_length=16
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[(name, name.title()) for name in ("asked", "agreed", "refused", "expired")],
                        default="asked",
                        max_length=8,
                    ),
                ),
                ("asked_by", models.CharField(max_length=64)),
                ("asked_on", models.DateField()),
                ("answered_by", models.CharField(blank=True, max_length=64)),
                ("answered_on", models.DateField(null=True)),
                ("expires_on", models.DateField()),
                ("fetched_on", models.DateField(null=True)),
            ],
            options={"ordering": ["-pk"]},
        ),
        migrations.CreateModel(
            name="MicrodataFile",
            fields=[
                ("id", number()),
                ("site_id", models.IntegerField()),
                ("request_id", models.IntegerField()),
                ("state", models.CharField(choices=STATES, default="queued", max_length=8)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("asked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("beat_at", models.DateTimeField(null=True)),
                ("public", models.BinaryField()),
                ("content", models.BinaryField(null=True)),
            ],
        ),
        migrations.AddConstraint(
            "microdatarequest",
            models.CheckConstraint(
                condition=models.Q(state__in=["asked", "agreed", "refused", "expired"]), name="microdata_state_is_known"
            ),
        ),
        migrations.AddConstraint(
            "microdatarequest",
            models.CheckConstraint(
                condition=models.Q(purpose__in=["analysis", "checking", "archive"]), name="microdata_purpose_is_known"
            ),
        ),
        migrations.AddConstraint(
            "microdatarequest",
            models.CheckConstraint(
                condition=~models.Q(state="agreed")
                | (~models.Q(answered_by="") & ~models.Q(answered_by=models.F("asked_by"))),
                name="microdata_takes_two",
            ),
        ),
        migrations.AddConstraint(
            "microdatarequest",
            models.UniqueConstraint(
                condition=models.Q(state="asked"),
                fields=["site_id", "cohort_id", "asked_by"],
                name="microdata_asked_once",
            ),
        ),
        migrations.AddConstraint(
            "microdatafile",
            models.UniqueConstraint(fields=["site_id", "request_id"], name="microdata_file_once"),
        ),
        migrations.AddConstraint(
            "microdatafile",
            models.CheckConstraint(
                condition=~models.Q(state="done") | models.Q(content__isnull=False), name="microdata_done_is_whole"
            ),
        ),
        migrations.RunSQL([*(isolated(table) for table in TABLES), GRANTS, UNLOGGED], migrations.RunSQL.noop),
    ]
