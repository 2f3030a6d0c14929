"""Versions are found by their chain."""

import kernel.history
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0002_readable_names"),
    ]

    operations = [
        migrations.AlterField(
            model_name="historicalmcpserver",
            name="correlation_id",
            field=models.UUIDField(db_index=True, default=kernel.history.chain_id, editable=False),
        ),
    ]
