"""Codes: the web process keeps their locators, and takes a response back without being able to read or find any.

It sees, and can delete, only the response whose number it knows: the one that a receipt's code gives.
"""

from django.db import migrations

RECEIPT = "NULLIF(current_setting('app.receipt', true), '')::uuid"
GRANTS = """
    GRANT INSERT, DELETE ON survey_locator TO survey_web;
    GRANT SELECT (id, site_id, cohort_id), DELETE ON survey_response TO survey_web;
    GRANT SELECT (site_id, response_id), DELETE ON survey_freetext TO survey_web;
"""


def only_by_receipt(table: str, column: str) -> str:
    return "".join(
        f"CREATE POLICY {table}_{command.lower()}_by_receipt ON {table} AS RESTRICTIVE FOR {command} TO survey_web"
        f" USING ({column} = {RECEIPT});"
        for command in ("SELECT", "DELETE")
    )


class Migration(migrations.Migration):
    dependencies = [("survey", "0002_isolation")]
    operations = [
        migrations.RunSQL(
            [GRANTS, only_by_receipt("survey_response", "id"), only_by_receipt("survey_freetext", "response_id")],
            migrations.RunSQL.noop,
        )
    ]
