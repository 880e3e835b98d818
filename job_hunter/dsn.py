"""The address of a Postgres database, in the one form our driver takes."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from job_hunter.errors import ConfigError

_OTHER_SCHEMES = ("postgresql+psycopg2", "postgresql+psycopg", "sqlite", "mysql", "mariadb", "mssql", "oracle", "jdbc")
_DSN_FORM = "postgresql://user:password@host:5432/database"
_DSN_PARAMETERS = ("host", "port", "user", "password", "ssl", "target_session_attrs", "prepared_statement_cache_size")


def normalise_dsn(text: str, variable: str) -> str:
    """A Postgres address as the asyncpg driver wants it: `postgresql+asyncpg://`, percent-encoding untouched.

    libpq's `sslmode` becomes asyncpg's `ssl`. Raises ConfigError that names `variable` and never the address itself.
    """
    scheme, separator, rest = text.strip().partition("://")
    if not separator or scheme not in ("postgresql", "postgres", "postgresql+asyncpg"):
        shown = f", not {scheme}://" if scheme in _OTHER_SCHEMES else ""
        raise ConfigError(f"{variable}: must be a Postgres address such as {_DSN_FORM}{shown}")
    normal = "postgresql+asyncpg://" + re.sub(r"(?<=[?&])sslmode=", "ssl=", rest)
    try:
        parts = urlsplit(normal)
        login, _, address = parts.netloc.rpartition("@")
        if parts.fragment or "@" in login or re.search(r"\s|[^\x21-\x7e]", normal):
            raise ConfigError(f"{variable}: percent-encode special characters in the password (@ is %40, # is %23)")
        if "," in address:
            raise ConfigError(f"{variable}: give several hosts as ?host=a:5432&host=b:5432, not in one address")
        port = parts.port
    except ValueError:
        # the parser's own message would repeat a piece of the password
        raise ConfigError(f"{variable}: host or port cannot be read; the form is {_DSN_FORM}") from None
    if port == 0 or not parts.path.strip("/"):
        raise ConfigError(f"{variable}: names no {'port' if port == 0 else 'database'}; the form is {_DSN_FORM}")
    for name, _ in parse_qsl(parts.query, keep_blank_values=True):
        if name not in _DSN_PARAMETERS:
            shown = f" {name}" if re.fullmatch(r"[a-z_]{1,40}", name) else ""
            raise ConfigError(f"{variable}: the parameter{shown} is not understood; use {', '.join(_DSN_PARAMETERS)}")
    return normal
