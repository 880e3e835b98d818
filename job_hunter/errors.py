"""The error tree: each class is named by what the operator does next; messages name the thing and the next step."""

from __future__ import annotations


class JobHunterError(Exception):
    """Any failure the product foresees. Commands print the message on one line and exit with `exit_code`."""

    exit_code = 1


class ConfigError(JobHunterError):
    """A setting or a file under config/ is wrong: correct the entry the message names. Exit code 2."""

    exit_code = 2


class UsageError(JobHunterError):
    """The command was asked for something it must not do: change the arguments as the message says. Exit code 2."""

    exit_code = 2


class SourceError(JobHunterError):
    """A source did not give what was asked of it. `status` is the HTTP status, None when there was no answer."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class SourceUnavailable(SourceError):
    """5xx, 429, network error or timeout: worth one retry, then the next run. `retry_after` is in seconds."""

    def __init__(self, message: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after


class SourceGone(SourceError):
    """404, 410, 403 or another 4xx: edit config/companies.yaml (`job-hunter probe` helps). Never retried."""


class SourceChanged(SourceError):
    """An answer that is cut off, no JSON, or of an unknown shape: the parser needs a fix. Never retried."""


class SourceBlocked(SourceError):
    """The source turned us away (401, 403, 429, challenge page): it is left alone for the rest of the run."""


class SourceLeftAlone(SourceError):
    """A host failed again and again and was not asked any more: `job-hunter refresh --only-missing` asks again."""


class StorageError(JobHunterError):
    """The database did not do what was asked of it."""


class DatabaseUnavailable(StorageError):
    """Postgres cannot be reached or refuses the login: check DB_CONNECTION_STRING and that it runs."""


class DatabaseUnmigrated(StorageError):
    """The schema is missing or older or newer than this program: run `job-hunter migrate`."""


class EmbeddedPostgresError(StorageError):
    """The embedded Postgres cannot start or its data directory cannot be used; the message says which and why."""


class RefreshInProgress(StorageError):
    """Another refresh holds the advisory lock: wait for it, or end it, then run again."""


class ClockBehind(JobHunterError):
    """The ledger holds a later day than this machine's clock: set the clock, or `job-hunter doctor --forget-future`."""


class DeliveryFailed(JobHunterError):
    """An address did not take a message: it is kept, and `job-hunter alert` or the next run tries again."""


class NothingRefreshed(JobHunterError):
    """There is no finished refresh to tell of: run `job-hunter refresh` first."""
