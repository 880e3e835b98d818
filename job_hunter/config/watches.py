"""config/cdio_watches.yaml: careers pages that changedetection.io watches for us."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from lxml import etree
from pydantic import AfterValidator, BeforeValidator, Field

from job_hunter.config.companies import Employer, Slug, WebAddress, load_companies, shared_faults
from job_hunter.config.files import Fault, duplicates, load
from job_hunter.domain.company import Company
from job_hunter.domain.watch import Watch, company_of
from job_hunter.errors import ConfigError

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_SHORTEST, _LONGEST = timedelta(minutes=15), timedelta(days=7)


def _interval(value: object) -> timedelta:
    """`30m`, `6h` or `2d` as a duration; pages are not asked more often than every 15 minutes."""
    found = re.fullmatch(r"([1-9][0-9]{0,3})([mhd])", value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{value!r} is no interval; write it like 30m, 6h or 1d")
    interval = int(found[1]) * _UNITS[found[2]]
    if not _SHORTEST <= interval <= _LONGEST:
        raise ValueError(f"{value!r} is out of bounds; an interval is between 15m and 7d")
    return interval


def _css(value: str) -> str:
    if value.startswith(("/", "xpath:", "xpath1:")):
        raise ValueError(f"{value[:60]!r} is XPath; give it under the key xpath")
    unbalanced = any(value.count(opening) != value.count(closing) for opening, closing in ("[]", "()"))
    if not value.strip() or value != value.strip() or unbalanced or re.search(r"[{}\n]", value):
        raise ValueError(f"{value[:60]!r} is no CSS selector; write it like main a[href*='/jobs/']")
    return value


def _xpath(value: str) -> str:
    try:
        etree.XPath(value)
    except etree.XPathError:
        raise ValueError(
            f"{value[:60]!r} is no XPath expression; write it like //a[contains(@href, '/jobs/')]"
        ) from None
    return value


class WatchEntry(Employer):
    """One block of cdio_watches.yaml."""

    url: WebAddress
    css: Annotated[str, AfterValidator(_css)] | None = None
    xpath: Annotated[str, AfterValidator(_xpath)] | None = None
    check_every: Annotated[timedelta, BeforeValidator(_interval)] = timedelta(hours=6)
    tags: tuple[Slug, ...] = ()
    browser: Annotated[bool, Field(strict=True)] = False

    def watch(self) -> Watch:
        """The domain's view of this block."""
        return Watch(**self.model_dump())


def load_watches(config_dir: Path) -> tuple[Watch, ...]:
    """The pages of `config_dir`/cdio_watches.yaml, in the order of the file.

    Raises ConfigError naming the entry and the key when the file is missing, malformed, or holds a slug, a page, a name
    or a domain twice.
    """
    entries = load(config_dir / "cdio_watches.yaml", tuple[WatchEntry, ...], _check)
    return tuple(entry.watch() for entry in entries)


def load_employers(config_dir: Path) -> tuple[Company, ...]:
    """Everyone we follow: the companies with a board, then those that are known by a watched page only.

    An employer in both files is the one of companies.yaml. Raises ConfigError, also when two slugs of the two files
    claim the same name or domain.
    """
    companies = load_companies(config_dir)
    owners = {claim: company.slug for company in companies for claim in _claims(company)}
    slugs = {company.slug for company in companies}
    watched = tuple(company_of(watch) for watch in load_watches(config_dir) if watch.slug not in slugs)
    for company in watched:
        for claim in _claims(company):
            if claim in owners:
                raise ConfigError(
                    f"cdio_watches.yaml: {company.slug} and {owners[claim]} of companies.yaml both claim {claim!r}; "
                    "give both the same slug, or take it from one of them"
                )
    return companies + watched


def _claims(company: Company) -> tuple[str, ...]:
    """The names and domains by which an employer is recognised elsewhere."""
    return tuple(name.casefold() for name in (company.display_name, *company.also_known_as, *company.domains))


def _check(entries: tuple[WatchEntry, ...]) -> Iterator[Fault]:
    """What only the whole list, or two keys together, can show."""
    for n, entry in enumerate(entries):
        if entry.css is None and entry.xpath is None:
            yield Fault((n,), "has no filter; give css or xpath, so that only the list of openings is watched")
        elif entry.css is not None and entry.xpath is not None:
            yield Fault((n, "xpath"), "stands beside css; keep one of them")
    yield from shared_faults(entries)
    yield from duplicates((((n, "url"), e.url.rstrip("/")) for n, e in enumerate(entries)), "the page of")
