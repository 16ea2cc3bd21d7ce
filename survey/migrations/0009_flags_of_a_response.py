"""Leaving a response out, or putting it back, holds for all flags of it.

The web process does not know which flags are of one response, so the database carries a change over to the others.
"""

from django.db import migrations

TOGETHER = """
    CREATE FUNCTION survey_exclude_together() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE survey_flag SET excluded = NEW.excluded, reason = NEW.reason, "by" = NEW."by", "on" = NEW."on"
        WHERE site_id = NEW.site_id AND cohort_id = NEW.cohort_id AND response_id = NEW.response_id AND id <> NEW.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER survey_flag_together AFTER UPDATE OF excluded ON survey_flag
        FOR EACH ROW WHEN (OLD.excluded IS DISTINCT FROM NEW.excluded AND pg_trigger_depth() = 0)
        EXECUTE FUNCTION survey_exclude_together();
"""


class Migration(migrations.Migration):
    dependencies = [("survey", "0008_invitations_desk")]
    operations = [migrations.RunSQL(TOGETHER, migrations.RunSQL.noop)]
