"""Fields and models are called what people call them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0002_versions_and_one_break_glass"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="apitoken",
            options={"verbose_name": "API token"},
        ),
        migrations.AlterField(
            model_name="historicalmembership",
            name="is_break_glass",
            field=models.BooleanField(default=False, verbose_name="break-glass owner"),
        ),
        migrations.AlterField(
            model_name="membership",
            name="is_break_glass",
            field=models.BooleanField(default=False, verbose_name="break-glass owner"),
        ),
        migrations.AlterField(
            model_name="user",
            name="is_active",
            field=models.BooleanField(default=True, verbose_name="active"),
        ),
        migrations.AlterField(
            model_name="user",
            name="is_staff",
            field=models.BooleanField(default=False, verbose_name="operator"),
        ),
    ]
