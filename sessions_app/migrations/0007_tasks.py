"""Tasks, their executions and reports."""

import django.db.models.deletion
import kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0002_versions_and_one_break_glass"),
        ("sessions_app", "0006_what_is_put_away"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                (
                    "status",
                    models.CharField(
                        choices=[("queued", "Queued"), ("ready", "Ready"), ("failed", "Failed")],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("ready_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ReportFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("json", "Json"),
                            ("markdown", "Markdown"),
                            ("html", "Html"),
                            ("pdf", "Pdf"),
                        ],
                        max_length=10,
                    ),
                ),
                ("blob_id", models.UUIDField(db_index=True)),
                ("size", models.PositiveBigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("prompt_template", models.TextField()),
                ("variables", models.JSONField(default=list)),
                ("tools", models.JSONField(default=list)),
                (
                    "runtime",
                    models.CharField(
                        choices=[
                            ("embedded", "Embedded"),
                            ("model", "Model"),
                            ("claude", "Claude"),
                            ("acp", "Acp"),
                        ],
                        default="embedded",
                        max_length=20,
                    ),
                ),
                (
                    "report_format",
                    models.CharField(
                        choices=[
                            ("json", "Json"),
                            ("markdown", "Markdown"),
                            ("html", "Html"),
                            ("pdf", "Pdf"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "visibility",
                    models.CharField(
                        choices=[("private", "Private"), ("organization", "Organization")],
                        default="private",
                        max_length=12,
                    ),
                ),
                ("cron", models.CharField(blank=True, default="", max_length=120)),
                ("timezone", models.CharField(default="UTC", max_length=64)),
                ("schedule_values", models.JSONField(default=dict)),
                ("is_paused", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("trashed_at", models.DateTimeField(null=True)),
                ("purged_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="TaskExecution",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "trigger",
                    models.CharField(
                        choices=[("manual", "Manual"), ("schedule", "Schedule")], max_length=10
                    ),
                ),
                ("due_at", models.DateTimeField(null=True)),
                ("values", models.JSONField(default=dict)),
                (
                    "report_format",
                    models.CharField(
                        choices=[
                            ("json", "Json"),
                            ("markdown", "Markdown"),
                            ("html", "Html"),
                            ("pdf", "Pdf"),
                        ],
                        max_length=10,
                    ),
                ),
                ("run_id", models.UUIDField(null=True, unique=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("completed", "Completed"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                            ("refused", "Refused"),
                        ],
                        default="running",
                        max_length=10,
                    ),
                ),
                ("error_code", models.CharField(blank=True, default="", max_length=60)),
                ("error", models.CharField(blank=True, default="", max_length=1000)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="report",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="identity.organization",
            ),
        ),
        migrations.AddField(
            model_name="reportfile",
            name="report",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="files",
                to="sessions_app.report",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="identity.organization",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="taskexecution",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="identity.organization",
            ),
        ),
        migrations.AddField(
            model_name="taskexecution",
            name="requested_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="taskexecution",
            name="session",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="executions",
                to="sessions_app.agentsession",
            ),
        ),
        migrations.AddField(
            model_name="taskexecution",
            name="task",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="executions",
                to="sessions_app.task",
            ),
        ),
        migrations.AddField(
            model_name="report",
            name="execution",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="report",
                to="sessions_app.taskexecution",
            ),
        ),
        migrations.AddConstraint(
            model_name="reportfile",
            constraint=models.UniqueConstraint(
                fields=("report", "format"), name="report_format_once"
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["owner", "-id"], name="task_by_owner"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["organization", "-id"], name="task_by_organization"),
        ),
        migrations.AddIndex(
            model_name="taskexecution",
            index=models.Index(fields=["task", "-id"], name="execution_by_task"),
        ),
        migrations.AddIndex(
            model_name="taskexecution",
            index=models.Index(fields=["organization", "-id"], name="execution_by_organization"),
        ),
        migrations.AddConstraint(
            model_name="taskexecution",
            constraint=models.UniqueConstraint(
                condition=models.Q(("due_at__isnull", False)),
                fields=("task", "due_at"),
                name="execution_once_per_due_time",
            ),
        ),
    ]
