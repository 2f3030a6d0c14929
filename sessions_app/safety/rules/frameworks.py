"""Frameworks and migration tools: commands that reset an application's data."""

from __future__ import annotations

from sessions_app.safety.model import Reach
from sessions_app.safety.rules.base import Concern
from sessions_app.safety.rules.conditions import flag, sub, word

FRAMEWORKS = Concern("databases", Reach.SHARED)

DJANGO = "manage.py django-admin django"
FRAMEWORKS.dangerous(
    "framework_reset",
    DJANGO,
    sub("flush|reset_db|sqlflush|clear_db|delete_squashed_migrations")
    | sub("migrate", "*", "zero"),
    text="Deletes the application's data.",
)
FRAMEWORKS.caution(
    "migrate",
    f"{DJANGO} alembic flask goose dbmate flyway liquibase sqlx diesel "
    "migrate knex sequelize typeorm drizzle-kit",
    sub("migrate|upgrade|up|run|db|loaddata|dbshell|shell|push"),
    text="Changes the structure of a database.",
)
FRAMEWORKS.harmless(
    DJANGO,
    sub(
        "test|check|runserver|makemigrations|showmigrations|sqlmigrate|collectstatic|dumpdata|"
        "inspectdb|diffsettings|makemessages|compilemessages|startapp|startproject|help|version|"
        "validate_templates|show_urls|spectacular"
    ),
)
FRAMEWORKS.dangerous(
    "framework_reset",
    "rails rake bin/rails spring",
    word(
        "db:drop* db:reset* db:purge* db:schema:load db:setup db:migrate:reset db:truncate_all "
        "db:rollback db:drop:*"
    ),
    text="Drops or resets the application's database.",
)
FRAMEWORKS.caution(
    "migrate", "rails rake", word("db:*"), text="Changes the application's database."
)
FRAMEWORKS.harmless(
    "rails rake", word("test* routes spec* about stats -T assets:* server s t notes")
)
FRAMEWORKS.dangerous(
    "framework_reset",
    "prisma",
    sub("migrate", "reset") | (sub("db", "push") & flag("force-reset accept-data-loss")),
    text="Drops the database and starts anew.",
)
FRAMEWORKS.caution("migrate", "prisma", sub("migrate|db"), text="Changes a database.")
FRAMEWORKS.dangerous(
    "framework_reset",
    "dotnet dotnet-ef",
    sub("ef", "database", "drop") | sub("database", "drop"),
    text="Drops the application's database.",
)
FRAMEWORKS.harmless("prisma", sub("generate|format|validate|studio|version|init|debug"))
FRAMEWORKS.dangerous(
    "framework_reset",
    "artisan alembic flask goose dbmate flyway liquibase sequelize sequelize-cli typeorm knex "
    "sqlx diesel hasura supabase migrate drizzle-kit doctrine",
    word(
        "migrate:fresh migrate:reset migrate:refresh migrate:rollback db:wipe base clean drop "
        "drop-all db:drop db:migrate:undo:all schema:drop reset rollback drop-schema "
        "migrate:rollback down"
    ),
    text="Drops or resets the application's database.",
)
FRAMEWORKS.harmless(
    "alembic flask goose dbmate flyway liquibase sqlx diesel knex",
    sub("current|history|heads|show|status|info|validate|version|run|revision|check"),
)
