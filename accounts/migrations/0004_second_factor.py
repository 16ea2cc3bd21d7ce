"""The second factor, one-time links, and whose session is whose; what the web process may do for administrators."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import accounts.models

# An account is never deleted, and nobody's user name changes: both stand in the audit trail.
GRANTS = {
    "accounts_user": "INSERT, UPDATE (is_active, display_name)",
    # Of a role nothing changes: it is given and taken away.
    "accounts_role": "INSERT, DELETE",
    "accounts_onetimelink": "SELECT, INSERT, UPDATE, DELETE",
    "accounts_staffsession": "SELECT, INSERT, UPDATE, DELETE",
    "otp_totp_totpdevice": "SELECT, INSERT, UPDATE, DELETE",
    "otp_static_staticdevice": "SELECT, INSERT, UPDATE, DELETE",
    "otp_static_statictoken": "SELECT, INSERT, DELETE",
}
SEQUENCES = (
    *("accounts_user_id_seq", "accounts_role_id_seq", "accounts_onetimelink_id_seq"),
    *("otp_totp_totpdevice_id_seq", "otp_static_staticdevice_id_seq", "otp_static_statictoken_id_seq"),
)


def grants() -> list[str]:
    lines = [f"GRANT {rights} ON {table} TO survey_web;" for table, rights in GRANTS.items()]
    return [*lines, *(f"GRANT USAGE ON SEQUENCE {name} TO survey_web;" for name in SEQUENCES)]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_language_known_roles"),
        ("otp_totp", "0003_add_timestamps"),
        ("otp_static", "0003_add_timestamps"),
    ]

    operations = [
        migrations.CreateModel(
            name="Authenticator",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=(accounts.models._Patient, "otp_totp.totpdevice"),
        ),
        migrations.CreateModel(
            name="BackupCodes",
            fields=[],
            options={"proxy": True, "indexes": [], "constraints": []},
            bases=(accounts.models._Patient, "otp_static.staticdevice"),
        ),
        migrations.CreateModel(
            name="OneTimeLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("expires_on", models.DateField()),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="link",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StaffSession",
            fields=[
                ("row_key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("begun_on", models.DateField()),
                ("seen", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(grants(), migrations.RunSQL.noop),
    ]
