"""Fields and models are called what people call them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0001_initial"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="historicalmcpserver",
            options={
                "get_latest_by": ("history_date", "history_id"),
                "ordering": ("-history_date", "-history_id"),
                "verbose_name": "historical MCP server",
                "verbose_name_plural": "historical MCP servers",
            },
        ),
        migrations.AlterModelOptions(
            name="mcpserver",
            options={"verbose_name": "MCP server"},
        ),
    ]
