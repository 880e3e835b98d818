"""The environment: every variable, its default, and what is refused without giving a secret away."""

from __future__ import annotations

import os
import pickle
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from job_hunter.config import default_config_dir
from job_hunter.dsn import normalise_dsn
from job_hunter.errors import ConfigError
from job_hunter.settings import SERVICES, SETTINGS, Settings, process_environment

SECRET = "hunter2hunter2"
DSN = f"postgresql://app:{SECRET}@db.example:5432/jobs"


class Recorder(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def test_the_table_lists_exactly_what_is_read() -> None:
    """
    Documentation and `--help` come from SETTINGS: nothing is read that it lacks, nothing is listed that isn't read.
    """
    env = Recorder()
    Settings.from_env(env)
    assert {setting.name for setting in SETTINGS} == env.asked
    assert all(setting.default and setting.meaning.endswith(".") for setting in SETTINGS)


def test_an_empty_environment_is_enough() -> None:
    """
    Live use needs no configuration at all.
    """
    settings = Settings.from_env({})
    assert settings.read_dsn() is None
    assert default_config_dir() == settings.config_dir
    assert settings.data_dir.is_absolute()
    assert (
        settings.rotation_patience,
        settings.archive_years,
        settings.base_urls,
        settings.notify_urls,
    ) == (1200.0, 2, {}, ())


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Without an argument the real environment is read.
    """
    monkeypatch.setenv("JOB_HUNTER_ARCHIVE_YEARS", "7")
    assert Settings.from_env().archive_years == 7


READ = [
    ("PREFECT_API_URL", "http://127.0.0.1:4200/api/", "prefect_api_url", "http://127.0.0.1:4200/api"),
    ("JOB_HUNTER_NOTIFY", "On", "notify", True),
    ("JOB_HUNTER_NOTIFY", "", "notify", False),
    ("CDIO_BASE_URL", " https://cdio.example ", "cdio_base_url", "https://cdio.example"),
    ("JOB_HUNTER_WEBHOOK_URL", "http://hook:8080/webhook/cdio", "webhook_url", "http://hook:8080/webhook/cdio"),
    ("JOB_HUNTER_DB_BLOCK", "warehouse-1", "db_block", "warehouse-1"),
    ("JOB_HUNTER_DATA_DIR", "/var/lib/job_hunter", "data_dir", Path("/var/lib/job_hunter")),
    ("JOB_HUNTER_CONFIG_DIR", "/etc/job_hunter", "config_dir", Path("/etc/job_hunter")),
    ("PG_BINDIR", "/usr/lib/postgresql/17/bin", "pg_bindir", Path("/usr/lib/postgresql/17/bin")),
    ("DB_CONNECTION_STRING_FILE", "/vault/dsn", "db_connection_string_file", Path("/vault/dsn")),
    ("JOB_HUNTER_ROTATION_PATIENCE", "0.5", "rotation_patience", 0.5),
    ("JOB_HUNTER_ROTATION_PATIENCE", "0", "rotation_patience", 0.0),
    ("JOB_HUNTER_ARCHIVE_YEARS", "10", "archive_years", 10),
    ("JOB_HUNTER_ARCHIVE_YEARS", "", "archive_years", 2),
    ("JOB_HUNTER_DB_BLOCK", "  ", "db_block", None),
    ("JOB_HUNTER_LEVER_EU_BASE_URL", "http://127.0.0.1:9000/", "base_urls", {"lever_eu": "http://127.0.0.1:9000"}),
    ("JOB_HUNTER_HN_BASE_URL", "https://[::1]:9", "base_urls", {"hn": "https://[::1]:9"}),
]


@pytest.mark.parametrize(("name", "text", "field", "value"), READ)
def test_a_variable_arrives_in_its_field(name: str, text: str, field: str, value: object) -> None:
    """
    Blanks are dropped, an empty variable counts as unset, URLs lose their last slash.
    """
    assert value == getattr(Settings.from_env({name: text}), field)


def test_every_service_can_be_redirected() -> None:
    """
    One variable a source, keyed by its lower-case name.
    """
    env = {f"JOB_HUNTER_{service.upper()}_BASE_URL": f"http://{service.replace('_', '-')}:1" for service in SERVICES}
    assert {service: f"http://{service.replace('_', '-')}:1" for service in SERVICES} == Settings.from_env(
        env
    ).base_urls


SECRETS = {
    "DB_CONNECTION_STRING": DSN,
    "WEBHOOK_BEARER_TOKEN": SECRET,
    "WEBHOOK_BEARER_TOKEN_PREVIOUS": SECRET,
    "CDIO_API_KEY": SECRET,
    "JOB_HUNTER_NOTIFY_URLS": f"ntfy://{SECRET}@host/topic mailto://me:{SECRET}@mail.example",
}


def test_no_secret_shows_in_a_repr() -> None:
    """
    A settings object can be logged.
    """
    settings = Settings.from_env(SECRETS)
    assert (
        SECRET
        not in f"{settings!r}{settings!s}{settings.model_dump()}{settings.model_dump_json()}{settings.read_dsn()}"
    )
    assert settings.webhook_bearer_token is not None
    assert settings.webhook_bearer_token.get_secret_value() == SECRET


def test_settings_can_neither_be_changed_nor_misspelt() -> None:
    """
    The object is frozen and knows no other field.
    """
    settings = Settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.archive_years = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="archive_year"):
        Settings(archive_year=3)  # type: ignore[call-arg]
    assert settings == pickle.loads(pickle.dumps(settings))


NOTIFY = [
    ("ntfy://a/b", ["ntfy://a/b"]),
    ("ntfy://a/b slack://c\nmailto://d", ["ntfy://a/b", "slack://c", "mailto://d"]),
    ("ntfy://a/b, slack://c", ["ntfy://a/b", "slack://c"]),
    ("mailto://x@y?to=a@b,c@d,ntfy://t", ["mailto://x@y?to=a@b,c@d", "ntfy://t"]),
    ("json+s://h/?k=v,", ["json+s://h/?k=v"]),
]


@pytest.mark.parametrize(("text", "urls"), NOTIFY)
def test_several_addresses_can_be_notified(text: str, urls: list[str]) -> None:
    """
    Blanks, line breaks, and commas before another scheme separate addresses; other commas belong to them.
    """
    found = Settings.from_env({"JOB_HUNTER_NOTIFY_URLS": text}).notify_urls
    assert urls == [url.get_secret_value() for url in found]


DSNS = [
    (DSN, f"postgresql+asyncpg://app:{SECRET}@db.example:5432/jobs"),
    ("postgres://u@h/d", "postgresql+asyncpg://u@h/d"),
    ("postgresql+asyncpg://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
    ("postgresql://u:p%40%2F%23%25@h/d", "postgresql+asyncpg://u:p%40%2F%23%25@h/d"),
    ("postgresql://u:p@h/d?sslmode=require", "postgresql+asyncpg://u:p@h/d?ssl=require"),
    ("postgresql://u:p@h/d?host=x&sslmode=verify-full", "postgresql+asyncpg://u:p@h/d?host=x&ssl=verify-full"),
    ("postgresql:///d?host=/run/pg", "postgresql+asyncpg:///d?host=/run/pg"),
    ("postgresql://u:p@[::1]:5433/d", "postgresql+asyncpg://u:p@[::1]:5433/d"),
    (" postgresql://u:p@h/d\n", "postgresql+asyncpg://u:p@h/d"),
]


@pytest.mark.parametrize(("text", "dsn"), DSNS)
def test_any_usual_postgres_address_is_accepted(text: str, dsn: str) -> None:
    """
    The driver is named, sslmode becomes ssl, and the percent-encoding is left alone.
    """
    assert dsn == normalise_dsn(text, "DB_CONNECTION_STRING")
    assert dsn == normalise_dsn(dsn, "DB_CONNECTION_STRING")
    settings = Settings.from_env({"DB_CONNECTION_STRING": text})
    found = settings.read_dsn()
    assert found is not None
    assert dsn == found.get_secret_value()
    assert make_url(dsn).database == "jobs" if dsn.endswith("jobs") else make_url(dsn).database == "d"


@given(st.text(min_size=1, max_size=20))
def test_an_encoded_password_survives(password: str) -> None:
    """
    Whatever the password, percent-encoded it reaches the driver unchanged.
    """
    try:
        encoded = quote(password, safe="")
    except UnicodeEncodeError:
        return
    assert password == make_url(normalise_dsn(f"postgres://u:{encoded}@h/d", "X")).password


REFUSED_DSNS = [
    f"mysql://u:{SECRET}@h/d",
    f"host=h password={SECRET}",
    f"{SECRET}://u:p@h/d",
    f"postgresql://u:{SECRET}@h:port/d",
    f"postgresql://u:{SECRET}#x@h/d",
    f"postgresql://u:{SECRET}@x@h/d",
    f"postgresql://u:{SECRET}/x@h/d",
    f"postgresql://u:{SECRET} x@h/d",
    f"postgresql://u:{SECRET}@h",
    f"postgresql://u:{SECRET}@h/",
    f"postgresql://u:{SECRET}@h:0/d",
    f"postgresql://u:{SECRET}@a:1,b:2/d",
    f"postgresql://u:{SECRET}@[::1/d",
    f"postgresql://u:{SECRET}@h/d?channel_binding=require",
    f"postgresql://u:p@h/d?{SECRET}=1",
    f"postgresql://u:{SECRET}é@h/d",
]


@pytest.mark.parametrize("text", REFUSED_DSNS)
def test_a_wrong_postgres_address_is_refused_without_repeating_it(text: str) -> None:
    """
    The message names the variable and the form, never a piece of the password.
    """
    with pytest.raises(ConfigError) as caught:
        Settings.from_env({"DB_CONNECTION_STRING": text})
    message = str(caught.value)
    assert message.startswith("DB_CONNECTION_STRING: ")
    assert SECRET not in message
    assert SECRET not in repr(caught.value.__cause__)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert len(message.splitlines()) == 1


REFUSED = [
    ({"JOB_HUNTER_NOTIFY": "yes"}, "JOB_HUNTER_NOTIFY: must be on or off, not 'yes'"),
    ({"PREFECT_API_URL": "localhost:4200"}, "PREFECT_API_URL: must be an address such as https://host:8080"),
    ({"PREFECT_API_URL": f"http://u:{SECRET}@h/api"}, "PREFECT_API_URL: must not hold a user or password"),
    ({"CDIO_BASE_URL": "ftp://h"}, "CDIO_BASE_URL: must be an address"),
    ({"CDIO_BASE_URL": "http://h:99999"}, "CDIO_BASE_URL: must be an address"),
    ({"JOB_HUNTER_WEBHOOK_URL": "http://h/#x"}, "JOB_HUNTER_WEBHOOK_URL: must not hold a #"),
    (
        {"JOB_HUNTER_HN_BASE_URL": "http://h?x=1"},
        "JOB_HUNTER_HN_BASE_URL: must be scheme, host and at most a path prefix",
    ),
    ({"JOB_HUNTER_ECB_BASE_URL": "h"}, "JOB_HUNTER_ECB_BASE_URL: must be an address"),
    (
        {"JOB_HUNTER_GREENHOSE_BASE_URL": "http://h"},
        ("JOB_HUNTER_GREENHOSE_BASE_URL: no such source; did you mean JOB_HUNTER_GREENHOUSE_BASE_URL?"),
    ),
    ({"JOB_HUNTER_NOTIFY_URL": "x"}, "JOB_HUNTER_NOTIFY_URL: no such setting; did you mean JOB_HUNTER_NOTIFY_URLS?"),
    ({"JOB_HUNTER_NOTIFY_URLS": f"ntfy://a {SECRET}"}, "JOB_HUNTER_NOTIFY_URLS: address 2 of 2 has no scheme"),
    ({"JOB_HUNTER_DB_BLOCK": "My Block"}, "JOB_HUNTER_DB_BLOCK: must be the name of a block"),
    (
        {"JOB_HUNTER_ARCHIVE_YEARS": "two"},
        "JOB_HUNTER_ARCHIVE_YEARS: must be a whole number of years, 1 to 100, not 'two'",
    ),
    ({"JOB_HUNTER_ARCHIVE_YEARS": "0"}, "JOB_HUNTER_ARCHIVE_YEARS: must be a whole number of years, 1 to 100, not '0'"),
    (
        {"JOB_HUNTER_ARCHIVE_YEARS": "1.5"},
        "JOB_HUNTER_ARCHIVE_YEARS: must be a whole number of years, 1 to 100, not 1.5",
    ),
    ({"JOB_HUNTER_ROTATION_PATIENCE": "-1"}, "JOB_HUNTER_ROTATION_PATIENCE: must be seconds, 0 to 86400, not '-1'"),
    ({"JOB_HUNTER_ROTATION_PATIENCE": "inf"}, "JOB_HUNTER_ROTATION_PATIENCE: must be seconds, 0 to 86400, not 'inf'"),
    ({"WEBHOOK_BEARER_TOKEN": f"{SECRET} x"}, "WEBHOOK_BEARER_TOKEN: must be printable ASCII"),
    ({"WEBHOOK_BEARER_TOKEN": f"{SECRET}é"}, "WEBHOOK_BEARER_TOKEN: must be printable ASCII"),
    ({"WEBHOOK_BEARER_TOKEN_PREVIOUS": SECRET}, "WEBHOOK_BEARER_TOKEN_PREVIOUS: is set without WEBHOOK_BEARER_TOKEN"),
    (
        {"DB_CONNECTION_STRING": DSN, "DB_CONNECTION_STRING_FILE": "/x"},
        ("DB_CONNECTION_STRING and DB_CONNECTION_STRING_FILE are both set; keep one of them"),
    ),
    (
        {"DB_CONNECTION_STRING": DSN, "JOB_HUNTER_DB_BLOCK": "b"},
        "DB_CONNECTION_STRING and JOB_HUNTER_DB_BLOCK are both",
    ),
    (
        {"JOB_HUNTER_DATA_DIR": "~nobody-of-that-name/x"},
        "JOB_HUNTER_DATA_DIR: ~nobody-of-that-name/x names",
    ),
]


@pytest.mark.parametrize(("env", "said"), REFUSED)
def test_a_wrong_value_is_refused_by_name(env: dict[str, str], said: str) -> None:
    """
    One sentence: the variable, what is allowed, and no secret.
    """
    with pytest.raises(ConfigError) as caught:
        Settings.from_env(env)
    message = str(caught.value)
    assert message.startswith(said)
    assert SECRET not in message
    assert len(message.splitlines()) == 1


IGNORED = [
    "JOB_HUNTER_SERVICE_HOST",
    "JOB_HUNTER_SERVICE_PORT_HTTP",
    "JOB_HUNTER_PORT",
    "JOB_HUNTER_PORT_8080_TCP_ADDR",
    "JOB_HUNTER_REAL_PAYLOADS",
    "JOB_HUNTER_GOLD",
    "HOME",
]


@pytest.mark.parametrize("name", IGNORED)
def test_other_variables_are_left_alone(name: str) -> None:
    """
    What Kubernetes puts beside a Service of our name, and what the tests use, is no mistake.
    """
    assert Settings.from_env({name: "tcp://10.0.0.1:80"}) == Settings.from_env({})


def test_the_file_is_read_anew_each_time(tmp_path: Path) -> None:
    """
    A rotated secret is used by the next connection.
    """
    path = tmp_path / "dsn"
    settings = Settings.from_env({"DB_CONNECTION_STRING_FILE": str(path)})
    seen = []
    for password in ("one", "two"):
        path.write_text(f"postgres://u:{password}@h/d\n")
        dsn = settings.read_dsn()
        assert dsn is not None
        seen.append(dsn.get_secret_value())
    assert seen == ["postgresql+asyncpg://u:one@h/d", "postgresql+asyncpg://u:two@h/d"]


@pytest.mark.parametrize(("content", "said"), [(None, "cannot read"), (b"", "is empty"), (b"\xff", "is not UTF-8"),
                                               (SECRET.encode(), "must be a Postgres address")])  # fmt: skip
def test_a_useless_file_is_one_sentence(tmp_path: Path, content: bytes | None, said: str) -> None:
    """
    Missing, empty, binary or no address: the variable and the path are named, the content isn't.
    """
    path = tmp_path / "dsn"
    if content is not None:
        path.write_bytes(content)
    settings = Settings.from_env({"DB_CONNECTION_STRING_FILE": str(path)})
    with pytest.raises(ConfigError, match=rf"^DB_CONNECTION_STRING_FILE: .*{re.escape(said)}") as caught:
        settings.read_dsn()
    assert SECRET not in str(caught.value)


def test_a_block_names_another_database() -> None:
    """
    A flow hands in what its block resolved to, and it replaces every other source of the address.
    """
    settings = Settings.from_env({"JOB_HUNTER_DB_BLOCK": "b"}).with_database(DSN)
    dsn = settings.read_dsn()
    assert dsn is not None
    assert dsn.get_secret_value() == f"postgresql+asyncpg://app:{SECRET}@db.example:5432/jobs"
    assert settings.db_block is None
    with pytest.raises(ConfigError, match=r"^JOB_HUNTER_DB_BLOCK: "):
        settings.with_database("sqlite://")


def test_a_child_process_gets_our_environment_with_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A variable can be added and removed, and our own environment stays as it is.
    """
    monkeypatch.setenv("OLD_ONE", "1")
    env = process_environment({"NEW_ONE": "2", "OLD_ONE": None})
    assert env["NEW_ONE"] == "2"
    assert "OLD_ONE" not in env
    assert os.environ["OLD_ONE"] == "1"
    assert "NEW_ONE" not in os.environ
