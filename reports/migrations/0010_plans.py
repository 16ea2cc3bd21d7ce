"""Releases and comparisons name the plan that they were made under: a version may have several."""

from django.db import migrations, models

TABLES = ("reports_release", "reports_comparison")


def first_plan(table: str) -> str:
    """What is done never changes, and nobody sees all sites: both are lifted for this one column."""
    forced = table == "reports_release"
    lift = f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;" if forced else ""
    back = f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;" if forced else ""
    return f"""
        {lift}
        ALTER TABLE {table} DISABLE TRIGGER {table}_immutable;
        UPDATE {table} one SET plan_id = plan.id FROM survey_planversion plan
            WHERE plan.version_id = one.version_id AND plan.number =
                (SELECT min(number) FROM survey_planversion own WHERE own.version_id = one.version_id);
        ALTER TABLE {table} ENABLE TRIGGER {table}_immutable;
        {back}
    """


class Migration(migrations.Migration):
    dependencies = [("reports", "0007_locked"), ("survey", "0014_plan_versions")]
    operations = [
        migrations.AddField("release", "plan_id", models.IntegerField(null=True)),
        migrations.AddField("comparison", "plan_id", models.IntegerField(null=True)),
        migrations.RunSQL([first_plan(table) for table in TABLES], migrations.RunSQL.noop),
        migrations.AlterField("release", "plan_id", models.IntegerField()),
        migrations.AlterField("comparison", "plan_id", models.IntegerField()),
        migrations.RemoveConstraint("release", "release_once"),
        migrations.AddConstraint(
            "release",
            models.UniqueConstraint(fields=("site_id", "cohort_id", "cut", "plan_id"), name="release_once"),
        ),
    ]
