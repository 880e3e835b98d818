"""config/companies.yaml: the employers we follow and the board each publishes on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, field_validator

from job_hunter.config.files import Entry, Fault, duplicates, load
from job_hunter.domain.company import Company, Sector

BOARD_TYPES = ("greenhouse", "lever", "ashby")
"""The `ats_type`s whose boards a refresh fetches."""

WATCHED_TYPE = "changedetection"
"""The `ats_type` of an employer without a board API: known to levels.fyi, HN and changedetection only."""


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", value) or len(value) > 60:
        raise ValueError(f"{value[:60]!r} is no slug; use lower-case letters, digits and single dashes, at most 60")
    return value


def _text(value: str) -> str:
    if not value.strip() or value != value.strip() or not value.isprintable():
        raise ValueError(f"{value[:60]!r} must be one line of text without blanks at its ends")
    return value


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        ok = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", value)
    except ValueError:
        ok = False
    if not ok:
        raise ValueError(f"{value[:60]!r} is no web address; it starts with https:// or http://")
    return value


def _domain(value: str) -> str:
    if not re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", value):
        raise ValueError(f"{value[:60]!r} is no domain; write it like example.com, in lower case and without https://")
    return value


def _token(value: str) -> str:
    if not re.fullmatch(r"[^\s/?#%&]+(?: [^\s/?#%&]+)*", value) or not value.isprintable():
        raise ValueError(f"{value[:60]!r} is no board name; take the part of the board's address after the host")
    return value


Slug = Annotated[str, AfterValidator(_slug)]
Text = Annotated[str, AfterValidator(_text)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Domain = Annotated[str, AfterValidator(_domain)]
Token = Annotated[str, AfterValidator(_token)]


class Employer(Entry):
    """What companies.yaml and cdio_watches.yaml both say of an employer."""

    slug: Slug
    display_name: Text
    sector: Sector
    also_known_as: tuple[Text, ...] = ()
    domains: tuple[Domain, ...] = ()
    levels_fyi: Slug | None = None


class CompanyEntry(Employer):
    """One block of companies.yaml. `ats_id` may be left out for `changedetection` and is the slug then."""

    ats_type: Literal["greenhouse", "lever", "ashby", "changedetection"]
    ats_id: Token | None = None
    careers_url: WebAddress | None = None

    @field_validator("ats_id", mode="before")
    @classmethod
    def _not_null(cls, value: object) -> object:
        if value is None:
            raise ValueError("must not be empty; give the board's name, or remove the key for changedetection")
        return value

    def company(self) -> Company:
        """The domain's view of this block."""
        return Company(ats_id=self.ats_id or self.slug, **self.model_dump(exclude={"ats_id"}))


def load_companies(config_dir: Path) -> tuple[Company, ...]:
    """The employers of `config_dir`/companies.yaml, in the order of the file.

    Raises ConfigError naming the entry and the key when the file is missing, malformed, or holds a slug, a board, a
    name or a domain twice.
    """
    entries = load(config_dir / "companies.yaml", tuple[CompanyEntry, ...], _check)
    return tuple(entry.company() for entry in entries)


def _check(entries: tuple[CompanyEntry, ...]) -> Iterator[Fault]:
    """What only the whole list can show."""
    if not entries:
        yield Fault((), "holds no company; add at least one")
    for n, entry in enumerate(entries):
        if entry.ats_id is None and entry.ats_type != WATCHED_TYPE:
            yield Fault((n, "ats_id"), f"is missing; give the name of {entry.display_name}'s {entry.ats_type} board")
    yield from shared_faults(entries)
    boards = (((n, "ats_id"), f"{e.ats_type}/{e.ats_id or e.slug}".casefold()) for n, e in enumerate(entries))
    yield from duplicates(boards, "the board of")


def shared_faults(entries: tuple[Employer, ...]) -> Iterator[Fault]:
    """Slugs, names and domains that two entries claim: a posting or a comment could not be told apart by them."""
    yield from duplicates((((n, "slug"), e.slug) for n, e in enumerate(entries)), "the slug of")
    names = (
        (loc, name.casefold())
        for n, e in enumerate(entries)
        for loc, name in [
            ((n, "display_name"), e.display_name),
            *(((n, "also_known_as"), name) for name in e.also_known_as),
        ]
    )
    yield from duplicates(names, "a name of")
    domains = (((n, "domains"), domain) for n, e in enumerate(entries) for domain in e.domains)
    yield from duplicates(domains, "a domain of")
