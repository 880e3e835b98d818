"""What the flows that tell the analyst of something share: the outbox of the settings."""

from __future__ import annotations

from flows.runtime import now
from job_hunter.errors import ConfigError
from job_hunter.notify import open_addresses
from job_hunter.settings import Settings
from job_hunter.usecases.deliver import Outbox


def open_outbox(settings: Settings) -> Outbox:
    """The outbox with the addresses of JOB_HUNTER_NOTIFY_URLS. Raises ConfigError without any, or for a wrong one."""
    if not settings.notify_urls:
        raise ConfigError(
            "JOB_HUNTER_NOTIFY_URLS is not set: give the flow's environment an address of apprise, such as "
            "ntfy://ntfy.sh/topic"
        )
    return Outbox(open_addresses(settings.notify_urls), now)
