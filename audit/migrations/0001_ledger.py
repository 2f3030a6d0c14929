"""The ledger and what stands beside it, by SQL; the models only read it."""

from django.conf import settings
from django.db import migrations, models

import audit.models.ledger
import kernel.ids
from audit.migrations import _beside, _ledger


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(_ledger.TABLES),
        migrations.RunSQL(_ledger.ERAS),
        migrations.RunSQL(_ledger.LEDGER),
        migrations.RunSQL(_ledger.APPEND_ONLY),
        migrations.RunSQL(_ledger.PARTITIONS),
        migrations.RunSQL(_beside.TABLES),
        migrations.RunSQL(_beside.APPEND),
        migrations.RunSQL(_beside.RIGHTS.format(role=settings.RUNTIME_ROLE)),
        migrations.CreateModel(
            name="Cursor",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("failures", models.IntegerField(default=0)),
                ("retry_at", models.DateTimeField(null=True)),
                ("error", models.TextField(default="")),
                ("updated_at", models.DateTimeField()),
            ],
            options={
                "db_table": "audit_cursor",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="DeadLetter",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("listener", models.TextField()),
                ("fact_id", models.UUIDField()),
                ("failures", models.IntegerField()),
                ("error", models.TextField()),
                ("retry_at", models.DateTimeField()),
                ("parked_at", models.DateTimeField()),
            ],
            options={
                "db_table": "audit_dead_letter",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Era",
            fields=[
                ("era", models.IntegerField(primary_key=True, serialize=False)),
                ("system_identifier", models.BigIntegerField()),
                ("timeline", models.IntegerField()),
                ("database_oid", models.BigIntegerField()),
                ("reason", models.TextField()),
                ("opened_at", models.DateTimeField()),
            ],
            options={
                "db_table": "audit_era",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                ("fact_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField(db_column="id")),
                ("era", models.IntegerField()),
                ("xid", audit.models.ledger.TransactionId()),
                ("recorded_at", models.DateTimeField()),
                ("name", models.TextField()),
                ("version", models.IntegerField()),
                ("region", models.TextField()),
                ("organization_id", models.UUIDField(null=True)),
                ("actor_kind", models.TextField()),
                ("actor_id", models.UUIDField(null=True)),
                ("on_behalf_of_id", models.UUIDField(null=True)),
                ("verb", models.TextField()),
                ("target_type", models.TextField()),
                ("target_id", models.UUIDField(null=True)),
                ("outcome", models.TextField()),
                ("policy_version", models.IntegerField()),
                ("causation_id", models.UUIDField(null=True)),
                ("correlation_id", models.UUIDField(null=True)),
                ("data", models.JSONField()),
                ("commitments", models.JSONField()),
            ],
            options={
                "db_table": "audit_ledger",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="PrivateField",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "fact_id",
                        "field",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("fact_id", models.UUIDField()),
                ("field", models.TextField()),
                ("key_id", models.UUIDField()),
                ("salt", models.BinaryField()),
                ("ciphertext", models.BinaryField()),
            ],
            options={
                "db_table": "audit_private",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("purpose", models.TextField(unique=True)),
                ("public_key", models.BinaryField()),
                ("sealed", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "audit_signing_key",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="SubjectKey",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("subject_id", models.UUIDField()),
                ("wrapped", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "db_table": "audit_subject_key",
                "managed": False,
            },
        ),
    ]
