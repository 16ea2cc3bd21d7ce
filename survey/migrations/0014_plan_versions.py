"""Plans of the analysis apart from the questionnaire. Every version keeps the one it came with as its first."""

import django.db.models.deletion
from django.db import migrations, models

PLAN_SHEETS = ("indicators", "tables")
RIGHTS = """
    GRANT SELECT, INSERT ON survey_planversion TO survey_web, survey_worker;
    GRANT USAGE ON SEQUENCE survey_planversion_id_seq TO survey_web, survey_worker;
    CREATE TRIGGER survey_planversion_immutable BEFORE UPDATE OR DELETE ON survey_planversion
        FOR EACH ROW EXECUTE FUNCTION survey_refuse_change();
"""


def first_plans(apps, schema_editor):
    plan_model = apps.get_model("survey", "PlanVersion")
    for version in apps.get_model("survey", "Version").objects.order_by("study_id", "number"):
        plan_model.objects.create(
            study_id=version.study_id,
            version_id=version.pk,
            number=version.number,
            sheets={name: version.sheets[name] for name in PLAN_SHEETS if name in version.sheets},
            plan_hash=version.plan_hash,
            made_by="bin/manage",
            made_on=version.published_on,
        )


class Migration(migrations.Migration):
    dependencies = [("survey", "0013_keys_lost_and_passed_on")]
    operations = [
        migrations.CreateModel(
            name="PlanVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("sheets", models.JSONField()),
                ("plan_hash", models.CharField(max_length=64)),
                ("made_by", models.CharField(max_length=120)),
                ("made_on", models.DateField()),
                (
                    "study",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="plans", to="survey.study"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="plans", to="survey.version"
                    ),
                ),
            ],
            options={"ordering": ["study", "number"]},
        ),
        migrations.AddConstraint(
            "planversion", models.UniqueConstraint(fields=("study", "number"), name="plan_number_once")
        ),
        migrations.AddConstraint(
            "planversion", models.UniqueConstraint(fields=("version", "plan_hash"), name="plan_content_once")
        ),
        migrations.RunPython(first_plans, migrations.RunPython.noop),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    ]
