"""Alembic's entry: runs on the connection handed in by `job_hunter.storage.migrate`."""

from sqlalchemy import Connection

from alembic import context
from job_hunter.storage.tables import SCHEMA, Schema


def include_name(name: str | None, kind: str, parents: object) -> bool:
    """Only our own schema is ours to compare."""
    return name == SCHEMA if kind == "schema" else True


def include_object(obj: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """Partitions are made by migrations and are no part of the model."""
    return not (kind == "table" and reflected and compare_to is None and "_snapshots_" in (name or ""))


def run(connection: Connection) -> None:
    """Run the migrations on `connection`, all in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Schema.metadata,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=include_name,
        include_object=include_object,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
