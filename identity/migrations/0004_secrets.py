"""Secrets: what may use them, what they are for; versions are found by their chain."""

import django.contrib.postgres.fields
import identity.models.secrets
import kernel.history
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0003_readable_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="secret",
            name="description",
            field=models.CharField(blank=True, default="", max_length=300),
        ),
        migrations.AddField(
            model_name="secret",
            name="expires_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="secret",
            name="granted_to",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("sessions", "Sessions"),
                        ("servers", "MCP servers"),
                        ("tasks", "Tasks"),
                    ],
                    max_length=20,
                ),
                blank=True,
                default=identity.models.secrets.every_grant,
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="historicalmembership",
            name="correlation_id",
            field=models.UUIDField(db_index=True, default=kernel.history.chain_id, editable=False),
        ),
        migrations.AlterField(
            model_name="historicalorganization",
            name="correlation_id",
            field=models.UUIDField(db_index=True, default=kernel.history.chain_id, editable=False),
        ),
        migrations.AlterField(
            model_name="historicalteam",
            name="correlation_id",
            field=models.UUIDField(db_index=True, default=kernel.history.chain_id, editable=False),
        ),
        migrations.AlterField(
            model_name="secret",
            name="type",
            field=models.CharField(
                choices=[
                    ("token", "Token"),
                    ("password", "User and password"),
                    ("ssh_key", "SSH key"),
                    ("certificate", "Certificate"),
                    ("file", "File"),
                    ("oidc", "OIDC exchange"),
                    ("vault", "Vault"),
                ],
                default="token",
                max_length=20,
            ),
        ),
    ]
