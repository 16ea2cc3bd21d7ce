"""Releases that a cut asked for are made whether or not a comparison waits for them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0014_shards")]
    operations = [migrations.AddField("release", "asked_by_cut", models.BooleanField(default=False))]
