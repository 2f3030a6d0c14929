"""Projects, who works in them, and secrets of theirs."""

import django.db.models.deletion
import django.db.models.functions.comparison
import kernel.history
import kernel.ids
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("identity", "0004_secrets"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalProject",
            fields=[
                (
                    "xid",
                    models.BigIntegerField(
                        db_default=django.db.models.functions.comparison.Cast(
                            django.db.models.functions.comparison.Cast(
                                models.Func(function="pg_current_xact_id"), models.TextField()
                            ),
                            models.BigIntegerField(),
                        ),
                        editable=False,
                    ),
                ),
                (
                    "correlation_id",
                    models.UUIDField(
                        db_index=True, default=kernel.history.chain_id, editable=False
                    ),
                ),
                ("id", models.UUIDField(db_index=True, default=kernel.ids.uuid7, editable=False)),
                ("slug", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("description", models.CharField(blank=True, default="", max_length=300)),
                ("instructions", models.TextField(blank=True, default="")),
                ("runtime", models.CharField(blank=True, default="", max_length=20)),
                ("model", models.CharField(blank=True, default="", max_length=120)),
                ("allowed_tools", models.JSONField(blank=True, default=list)),
                ("denied_tools", models.JSONField(blank=True, default=list)),
                ("allowed_domains", models.JSONField(blank=True, default=list)),
                ("created_at", models.DateTimeField(blank=True, editable=False)),
                ("history_user_id", models.UUIDField(null=True)),
                (
                    "history_id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical project",
                "verbose_name_plural": "historical projects",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Project",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("slug", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("description", models.CharField(blank=True, default="", max_length=300)),
                ("instructions", models.TextField(blank=True, default="")),
                ("runtime", models.CharField(blank=True, default="", max_length=20)),
                ("model", models.CharField(blank=True, default="", max_length=120)),
                ("allowed_tools", models.JSONField(blank=True, default=list)),
                ("denied_tools", models.JSONField(blank=True, default=list)),
                ("allowed_domains", models.JSONField(blank=True, default=list)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "permissions": [
                    ("project_member", "member of a project"),
                    ("project_lead", "lead of a project"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProjectTeamGrant",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("granted_by_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProjectUserGrant",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("granted_by_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.RemoveConstraint(
            model_name="secret",
            name="secret_name_once",
        ),
        migrations.RemoveConstraint(
            model_name="secret",
            name="secret_one_scope",
        ),
        migrations.AddField(
            model_name="historicalproject",
            name="organization",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="identity.organization",
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="identity.organization",
            ),
        ),
        migrations.AddField(
            model_name="secret",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="identity.project",
            ),
        ),
        migrations.AddConstraint(
            model_name="secret",
            constraint=models.UniqueConstraint(
                fields=("organization", "owner", "team", "project", "name"),
                name="secret_name_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="secret",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("owner", None), ("team", None)),
                    models.Q(("owner", None), ("project", None)),
                    models.Q(("project", None), ("team", None)),
                    _connector="OR",
                ),
                name="secret_one_scope",
            ),
        ),
        migrations.AddField(
            model_name="projectteamgrant",
            name="content_object",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="team_grants",
                to="identity.project",
            ),
        ),
        migrations.AddField(
            model_name="projectteamgrant",
            name="group",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group"),
        ),
        migrations.AddField(
            model_name="projectteamgrant",
            name="permission",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, to="auth.permission"
            ),
        ),
        migrations.AddField(
            model_name="projectusergrant",
            name="content_object",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="user_grants",
                to="identity.project",
            ),
        ),
        migrations.AddField(
            model_name="projectusergrant",
            name="permission",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, to="auth.permission"
            ),
        ),
        migrations.AddField(
            model_name="projectusergrant",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.UniqueConstraint(
                fields=("organization", "slug"), name="project_slug_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="projectteamgrant",
            constraint=models.UniqueConstraint(
                fields=("group", "content_object"), name="identity_projectteamgrant_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="projectusergrant",
            constraint=models.UniqueConstraint(
                fields=("user", "content_object"), name="identity_projectusergrant_once"
            ),
        ),
    ]
