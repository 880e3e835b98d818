"""The SQL and the backup commands of the operator's README, run as written on a Postgres of their own."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
import pytest

from job_hunter.storage.embedded import embedded_postgres
from job_hunter.storage.embedded_programs import find_programs
from job_hunter.storage.migrate import migrate

README = Path(__file__).resolve().parents[2] / "infra" / "terraform" / "README.md"
LOGINS = {"job_hunter": "choose-one", "job_hunter_grafana": "choose-another", "prefect": "choose-a-third"}


def block(heading: str, language: str) -> str:
    """The first block in that language after a line of the README."""
    text = README.read_text(encoding="utf-8")
    assert heading in text, heading
    found = re.search(rf"```{language}\n(.*?)```", text[text.index(heading) :], re.DOTALL)
    assert found is not None
    return found[1]


@dataclass(frozen=True, slots=True)
class Server:
    """A Postgres with the README's roles."""

    sockets: str
    port: str
    user: str
    password: str

    def dsn(self, login: str, password: str | None = None, database: str = "job_hunter") -> str:
        """The address for one of the README's logins."""
        return (
            f"postgresql+asyncpg://{login}:{password or LOGINS[login]}@/{database}?host={self.sockets}&port={self.port}"
        )

    def shell(self, script: str, database: str = "postgres") -> str:
        """Run a script in bash as the administrator; kubectl and terraform do nothing."""
        env = {
            **os.environ,
            "PATH": f"{find_programs(None).bindir}:{os.environ['PATH']}",
            "PGHOST": self.sockets,
            "PGPORT": self.port,
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": database,
            "ADMIN_URL": "postgresql://",
        }
        script = f"set -euo pipefail\nkubectl() {{ :; }}\nterraform() {{ :; }}\n{script}"
        done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sql(self, statements: str, database: str = "postgres") -> str:
        """Run statements as the administrator."""
        return self.shell(f"psql -qAt -v ON_ERROR_STOP=1 <<'SQL'\n{statements}\nSQL\n", database)

    def ask(self, login: str, statement: str, password: str | None = None, database: str = "job_hunter") -> Any:
        """The first value of a statement, as one of the README's logins."""

        async def work() -> Any:
            connection = await asyncpg.connect(self.dsn(login, password, database).replace("+asyncpg", ""))
            try:
                return await connection.fetchval(statement)
            finally:
                await connection.close()

        return asyncio.run(work())


@contextmanager
def new_server(folder: Path) -> Iterator[Server]:
    """A Postgres on which the README's first block was run."""
    with embedded_postgres(folder, durable=False) as dsn:
        parts = urlsplit(dsn)
        query = parse_qs(parts.query)
        made = Server(query["host"][0], query["port"][0], unquote(parts.username or ""), unquote(parts.password or ""))
        # the embedded server's own administrator and database have the very names that the README makes
        made.sql("CREATE ROLE administrator SUPERUSER LOGIN PASSWORD 'of-the-test';\nDROP DATABASE job_hunter;")
        own, made = made.user, Server(made.sockets, made.port, "administrator", "of-the-test")
        made.sql(f"ALTER ROLE {own} RENAME TO embedded_administrator")
        made.sql(block("<!-- sql: a test runs it -->", "sql"))
        yield made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The README followed: first block, migration by the application's login, second block."""
    with new_server(tmp_path_factory.mktemp("pg")) as made:
        asyncio.run(migrate(made.dsn("job_hunter")))
        made.sql(block("<!-- sql after migrate", "sql"), "job_hunter")
        yield made


def test_everything_belongs_to_the_role_without_login(server: Server) -> None:
    """Tables, views, sequences and the schema itself: the login owns nothing and could be dropped."""
    owners = server.ask(
        "job_hunter",
        "SELECT array_agg(DISTINCT pg_get_userbyid(c.relowner)) FROM pg_class c "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'job_hunter'",
    )
    assert owners == ["job_hunter_owner"]
    assert server.ask(
        "job_hunter", "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'job_hunter'"
    ) == ("job_hunter_owner")
    server.sql("BEGIN; DROP ROLE job_hunter; ROLLBACK;", "job_hunter")


def test_a_rotated_password_changes_nothing_else(server: Server) -> None:
    """As Vault does it for a static role."""
    server.sql("ALTER ROLE job_hunter PASSWORD 'rotated'")
    try:
        with pytest.raises(asyncpg.InvalidPasswordError):
            server.ask("job_hunter", "SELECT 1")
        assert server.ask("job_hunter", "SELECT count(*) FROM job_hunter.companies", "rotated") == 0
    finally:
        server.sql(f"ALTER ROLE job_hunter PASSWORD '{LOGINS['job_hunter']}'")


def test_grafana_reads_every_view(server: Server) -> None:
    """With a limit on the time of a query."""
    views = server.sql("SELECT viewname FROM pg_views WHERE schemaname = 'job_hunter'", "job_hunter").split()
    assert views
    for view in views:
        assert server.ask("job_hunter_grafana", f"SELECT count(*) FROM job_hunter.{view}") is not None
    assert server.ask("job_hunter_grafana", "SHOW statement_timeout") == "30s"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM job_hunter.own_comp",
        "SELECT count(*) FROM job_hunter.roles",
        "SET TRANSACTION READ WRITE; INSERT INTO job_hunter.companies (slug) VALUES ('x')",
        "SET TRANSACTION READ WRITE; CREATE TABLE job_hunter.x (n int)",
        "SET TRANSACTION READ WRITE; CREATE TEMP TABLE x (n int)",
        "SET ROLE job_hunter_owner",
    ],
)
def test_grafana_reads_nothing_else(server: Server, statement: str) -> None:
    """No table, above all not one's own pay; and it writes nothing, not even when it switches read-only off."""

    async def work() -> None:
        connection = await asyncpg.connect(server.dsn("job_hunter_grafana").replace("+asyncpg", ""))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        asyncio.run(work())


def test_strangers_are_kept_out(server: Server) -> None:
    """Prefect's login has its own database and no way into ours."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        server.ask("prefect", "SELECT 1")


def test_vault_changes_these_passwords_and_no_other(server: Server) -> None:
    """With the login of its block, and the statement of Vault's plugin; it owns nothing and creates no database."""
    server.sql(block("<!-- sql for vault", "sql"))
    change = """ALTER USER "{}" WITH PASSWORD 'of-vault'"""
    try:
        for login in ("job_hunter", "job_hunter_grafana"):
            server.ask("vault", change.format(login), "choose-a-fourth", database="postgres")
            assert server.ask(login, "SELECT 1", "of-vault") == 1
        for refused in (change.format("prefect"), change.format("administrator"), "CREATE DATABASE x"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                server.ask("vault", refused, "choose-a-fourth", database="postgres")
    finally:
        for login in ("job_hunter", "job_hunter_grafana"):
            server.sql(f"ALTER ROLE {login} PASSWORD '{LOGINS[login]}'")
        server.sql("DROP OWNED BY vault; DROP ROLE vault")


@pytest.fixture(scope="module")
def dumps(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the README's dumps of both databases; Prefect's has the extension that Prefect makes."""
    folder = tmp_path_factory.mktemp("dumps")
    server.ask(
        "job_hunter",
        "INSERT INTO job_hunter.companies (slug, display_name, ats_type, ats_id, sector) "
        "VALUES ('acme', 'Acme', 'lever', 'acme', 'other')",
    )
    for statement in ("CREATE EXTENSION pg_trgm", "CREATE TABLE flow (name text)"):
        server.ask("prefect", statement, database="prefect")
    server.shell(f"cd '{folder}'\n{block('## Backup and restore', 'sh')}")
    server.sql("DELETE FROM job_hunter.companies", "job_hunter")
    return folder


def restore(server: Server, dumps: Path) -> None:
    """The README's commands in its order, Prefect's included."""
    for heading in ("To restore, stop what writes", "Prefect's history, if it is wanted back"):
        server.shell(f"cd '{dumps}'\n{block(heading, 'sh')}")
    server.sql(block("<!-- sql after migrate", "sql"), "job_hunter")


def check_restored(server: Server) -> None:
    """The data is back, it belongs to the same roles, every login works, and nothing is to be migrated."""
    assert server.ask("job_hunter", "SELECT count(*) FROM job_hunter.companies") == 1
    assert server.ask("job_hunter_grafana", "SELECT count(*) FROM job_hunter.coverage") == 0
    owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'flow'"
    assert server.ask("prefect", owner, database="prefect") == "prefect"
    assert server.ask("prefect", "SELECT similarity('refresh', 'refresh')", database="prefect") == 1
    done = asyncio.run(migrate(server.dsn("job_hunter")))
    assert done.before == done.after
    test_everything_belongs_to_the_role_without_login(server)
    test_strangers_are_kept_out(server)


def test_a_backup_can_be_restored(server: Server, dumps: Path) -> None:
    """The commands as written, onto the server of the dump."""
    before = server.sql("SELECT count(*) FROM pg_class", "job_hunter")
    restore(server, dumps)
    assert server.sql("SELECT count(*) FROM pg_class", "job_hunter") == before
    check_restored(server)
    server.sql("DELETE FROM job_hunter.companies", "job_hunter")


def test_a_lost_server_can_be_made_anew(dumps: Path, tmp_path: Path) -> None:
    """A new server with the first block only: the same commands bring everything back."""
    with new_server(tmp_path / "pg") as server:
        restore(server, dumps)
        check_restored(server)
