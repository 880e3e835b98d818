"""The sources beside the boards, by name: each is refreshed by itself, and fails alone."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from types import MappingProxyType

from job_hunter.domain.feed_settings import FeedSettings
from job_hunter.domain.run import BoardResult
from job_hunter.errors import DatabaseUnavailable, SourceChanged
from job_hunter.usecases.feed_parts import FeedContext, skipped, write_skipped
from job_hunter.usecases.hn_feed import refresh_hn
from job_hunter.usecases.levels_feed import refresh_levels_fyi
from job_hunter.usecases.linkedin_feed import refresh_linkedin

log = logging.getLogger(__name__)

FEEDS: Mapping[str, Callable[[FeedContext], Awaitable[list[BoardResult]]]] = MappingProxyType(
    {"hn": refresh_hn, "levels_fyi": refresh_levels_fyi, "linkedin_guest": refresh_linkedin}
)

SERVICES: Mapping[str, str] = MappingProxyType({"hn": "hn", "levels_fyi": "levels_fyi", "linkedin_guest": "linkedin"})
"""The service that each feed asks, as its base URL is called."""

ABOUT_COMPANIES = frozenset({"levels_fyi"})
"""Feeds that can be asked about single companies; the others are left out of a run for named companies."""


def default_sources(settings: FeedSettings, *, only: Collection[str] = ()) -> tuple[str, ...]:
    """The sources of a run that names none: boards, Hacker News and levels.fyi; LinkedIn where it is enabled."""
    names = ("ats", "hn", "levels_fyi", *(("linkedin_guest",) if settings.linkedin_enabled else ()))
    return tuple(name for name in names if not only or name == "ats" or name in ABOUT_COMPANIES)


def feeds_of(sources: Collection[str]) -> tuple[str, ...]:
    """The feeds among `sources`, in the order of the registry."""
    return tuple(name for name in FEEDS if name in sources)


async def refresh_feed(name: str, context: FeedContext) -> list[BoardResult]:
    """Refresh one feed; whatever goes wrong in it is its own row in the ledger and stops nothing else.

    Raises `DatabaseUnavailable` only: without a database there is no ledger to write to.
    """
    try:
        return await FEEDS[name](context)
    except DatabaseUnavailable:
        raise
    except Exception as error:
        log.exception("%s: the source failed", name)
        failure = SourceChanged(f"failed in an unforeseen way ({type(error).__name__}); see the log")
        return [await write_skipped(context, skipped(name, name, failure))]
