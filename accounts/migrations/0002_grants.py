"""What each application role may do with accounts, sessions and the audit trail."""

from django.db import migrations

GRANTS = {
    "survey_web": {
        "django_session": "SELECT, INSERT, UPDATE, DELETE",
        "django_content_type": "SELECT",
        "accounts_user": "SELECT, UPDATE (last_login, password)",
        "accounts_role": "SELECT",
        "accounts_throttle": "SELECT, INSERT, UPDATE, DELETE",
        "accounts_auditentry": "SELECT, INSERT",
    },
    "survey_worker": {
        "django_content_type": "SELECT",
        "accounts_user": "SELECT",
        "accounts_role": "SELECT",
        "accounts_auditentry": "SELECT, INSERT",
    },
}


def grants() -> list[str]:
    lines = [
        f"GRANT {rights} ON {table} TO {role};" for role, tables in GRANTS.items() for table, rights in tables.items()
    ]
    lines += [f"GRANT USAGE ON SEQUENCE accounts_auditentry_id_seq TO {role};" for role in GRANTS]
    lines += [f"GRANT SELECT ON django_migrations TO {role};" for role in GRANTS]
    return lines


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("sessions", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunSQL(grants(), migrations.RunSQL.noop)]
