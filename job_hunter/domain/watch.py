"""Careers pages that are watched for changes because their employer publishes no board API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from job_hunter.domain.company import Company, Sector


@dataclass(frozen=True, slots=True)
class Watch:
    """One careers page. Exactly one of `css` and `xpath` picks the part of the page that lists the openings.

    `browser` says that the page is empty until a browser has run its scripts.
    """

    slug: str
    display_name: str
    sector: Sector
    url: str
    css: str | None
    xpath: str | None
    check_every: timedelta
    tags: tuple[str, ...] = ()
    browser: bool = False
    also_known_as: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    levels_fyi: str | None = None

    @property
    def include_filter(self) -> str:
        """The filter as changedetection.io spells it: CSS as it is, XPath marked as such."""
        return f"xpath:{self.xpath}" if self.xpath is not None else self.css or ""


def company_of(watch: Watch) -> Company:
    """The employer behind a watched page, for the roles that its changes turn into."""
    return Company(
        slug=watch.slug,
        display_name=watch.display_name,
        ats_type="changedetection",
        ats_id=watch.slug,
        sector=watch.sector,
        careers_url=watch.url,
        also_known_as=watch.also_known_as,
        domains=watch.domains,
        levels_fyi=watch.levels_fyi,
    )
