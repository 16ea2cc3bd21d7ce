"""Answers are stored sealed: key pairs of sites, data keys, holders, unlocks; free texts as one row a response.

What is there already and was stored open stays open and countable: a version says of itself whether it is sealed.
"""

import uuid

from django.db import migrations, models


def unguarded(table: str, statements: str) -> str:
    """Statements on the rows of every site; the owner is bound by row-level security otherwise."""
    return f"""
        ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
        {statements}
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
    """


TEXTS = unguarded(
    "survey_freetext",
    """
    INSERT INTO survey_freetext (id, site_id, response_id, variable, text, texts)
        SELECT gen_random_uuid(), site_id, response_id, '', '',
               convert_to(jsonb_object_agg(variable, convert_from(text, 'UTF8'))::text, 'UTF8')
        FROM survey_freetext GROUP BY site_id, response_id;
    DELETE FROM survey_freetext WHERE texts = '';
    """,
)
ENTRIES = unguarded(
    "survey_paperentry",
    """
    UPDATE survey_paperentry SET content = convert_to(json_build_object(
        'record', encode(record, 'hex'), 'texts', convert_from(texts, 'UTF8')::json)::text, 'UTF8');
    """,
)
# Differences are found again by a worker, encrypted.
DIFFERENCES = unguarded(
    "survey_papersheet", "UPDATE survey_papersheet SET state = 'comparing' WHERE state = 'differs';"
) + unguarded("survey_difference", "DELETE FROM survey_difference;")
# Files that wait were encrypted in another way; whoever sent one sends it once more.
FILES = unguarded(
    "survey_upload",
    """
    UPDATE survey_upload SET state = 'failed', content = NULL, report = report || '{"reason": "Upgraded"}'
        WHERE content IS NOT NULL;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("survey", "0009_flags_of_a_response")]
    operations = [
        migrations.CreateModel(
            name="SiteKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site_id", models.IntegerField()),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "custody",
                    models.CharField(
                        choices=[("worker", "Worker"), ("researchers", "Researchers"), ("elsewhere", "Elsewhere")],
                        default="worker",
                        max_length=16,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("current", "Current"), ("retired", "Retired"), ("erased", "Erased")],
                        default="current",
                        max_length=8,
                    ),
                ),
                ("public", models.BinaryField()),
                ("recovery", models.BinaryField(null=True)),
                ("made_on", models.DateField()),
            ],
            options={
                "ordering": ["site_id", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("site_id", "number"), name="site_key_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "current")), fields=("site_id",), name="site_key_current_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["current", "retired", "erased"])),
                        name="site_key_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("custody__in", ["worker", "researchers", "elsewhere"])),
                        name="site_key_custody_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DataKey",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("site_id", models.IntegerField()),
                ("site_key", models.PositiveSmallIntegerField()),
                ("sealed", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="KeyHolder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("site_id", models.IntegerField()),
                ("username", models.CharField(max_length=64)),
                ("public", models.BinaryField()),
                ("wrapped", models.BinaryField()),
                ("share", models.BinaryField(null=True)),
                ("site_key", models.PositiveSmallIntegerField(null=True)),
                ("asked_on", models.DateField()),
                ("granted_by", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "ordering": ["site_id", "username"],
                "constraints": [
                    models.UniqueConstraint(fields=("site_id", "username"), name="key_holder_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("share__isnull", True), ("site_key__isnull", True)),
                            models.Q(
                                ("share__isnull", False),
                                ("site_key__isnull", False),
                                models.Q(("granted_by", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="key_holder_share_is_whole",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Unlock",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("site_id", models.IntegerField()),
                ("site_key", models.PositiveSmallIntegerField()),
                ("by", models.CharField(max_length=64)),
                ("box", models.BinaryField()),
                ("expires_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField("study", "recovery_public", models.BinaryField(null=True)),
        migrations.AddField("response", "key_id", models.UUIDField(null=True)),
        migrations.AddField("freetext", "key_id", models.UUIDField(null=True)),
        migrations.AddField("freetext", "texts", models.BinaryField(default=b""), preserve_default=False),
        migrations.RunSQL(TEXTS, migrations.RunSQL.noop),
        migrations.RemoveField("freetext", "variable"),
        migrations.RemoveField("freetext", "text"),
        migrations.AddField("paperentry", "key_id", models.UUIDField(null=True)),
        migrations.AddField("paperentry", "content", models.BinaryField(default=b""), preserve_default=False),
        migrations.RunSQL(ENTRIES, migrations.RunSQL.noop),
        migrations.RemoveField("paperentry", "record"),
        migrations.RemoveField("paperentry", "texts"),
        migrations.RunSQL(DIFFERENCES, migrations.RunSQL.noop),
        migrations.RemoveField("difference", "first"),
        migrations.RemoveField("difference", "second"),
        migrations.AddField("difference", "answers", models.BinaryField(default=b""), preserve_default=False),
        migrations.RunSQL(FILES, migrations.RunSQL.noop),
        migrations.AddField("upload", "seal_id", models.UUIDField(default=uuid.uuid4, editable=False)),
        migrations.AddField("upload", "key_id", models.UUIDField(null=True)),
    ]
