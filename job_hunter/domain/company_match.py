"""Who an advertisement elsewhere is from: our companies by board, domain and name, others by their name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from job_hunter.domain.company import Company, Sector

FOUND_TYPE = "hn"
"""The `ats_type` of companies that are in no file of ours: they were met in a thread or in a search."""

SLUG_LENGTH = 60

_LEGAL_WORDS = """
    inc incorporated ltd limited llc llp plc gmbh ag sa sas bv nv ab oy aps as pty co corp corporation company
    srl spa se
"""
_LEGAL = frozenset(_LEGAL_WORDS.split())
_SITES = frozenset(("", "www", "careers", "jobs", "career", "work", "join", "apply", "boards", "hiring", "people"))
_NOT_CAREERS = re.compile(r"^/(?:maps|search|forms|document|spreadsheets|store|news|blog|app)\b", re.IGNORECASE)
_GREENHOUSE = re.compile(r"^(?:(?:job-)?boards(?:-api)?|(?:job-)?boards\.eu|api)\.greenhouse\.io$")


def name_key(name: str) -> str:
    """What two spellings of a name share: no case, accents, punctuation or legal form ("Acme, Inc." is "ACME")."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold() or name.casefold()
    words = re.findall(r"[^\W_]+", folded.replace("'", "").replace("&", " and "))
    while len(words) > 1 and words[-1] in _LEGAL:
        words.pop()
    return "".join(words)


def slug_of(name: str) -> str:
    """A slug for a company we have none for."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("'", "")
    words = re.findall(r"[a-z0-9]+", folded.replace("&", " and "))
    while len(words) > 1 and words[-1] in _LEGAL:
        words.pop()
    return "-".join(words)[:SLUG_LENGTH].strip("-") or "unnamed"


def board_of_link(link: str) -> tuple[str, str] | None:
    """The board an address belongs to, as (source, token): `https://jobs.lever.co/acme/…` → ("lever", "acme")."""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    path = [unquote(piece) for piece in parts.path.split("/") if piece]
    if _GREENHOUSE.match(host):
        if path[:1] == ["embed"]:
            token = (parse_qs(parts.query).get("for") or [""])[0]
        else:
            token = path[2] if path[:2] == ["v1", "boards"] and len(path) > 2 else (path or [""])[0]
        return ("greenhouse", token) if token else None
    if host in ("jobs.lever.co", "jobs.eu.lever.co", "api.lever.co", "api.eu.lever.co"):
        token = path[2] if path[:2] == ["v0", "postings"] and len(path) > 2 else (path or [""])[0]
        return ("lever", token) if token else None
    if host in ("jobs.ashbyhq.com", "api.ashbyhq.com"):
        token = path[2] if path[:2] == ["posting-api", "job-board"] and len(path) > 2 else (path or [""])[0]
        return ("ashby", token) if token else None
    return None


class CompanyIndex:
    """The companies we know, to be found by board, domain and name; new ones are added under free slugs."""

    def __init__(self, companies: Iterable[Company]) -> None:
        self._by_slug: dict[str, Company] = {}
        self._by_board: dict[tuple[str, str], Company] = {}
        self._by_domain: dict[str, Company] = {}
        self._by_name: dict[str, Company] = {}
        for company in companies:
            self._add(company)

    def _add(self, company: Company) -> None:
        # Who comes first keeps a name: our own files come before what was found in threads.
        self._by_slug.setdefault(company.slug, company)
        self._by_board.setdefault((company.ats_type, company.ats_id.casefold()), company)
        for domain in company.domains if company.ats_type != FOUND_TYPE else ():
            self._by_domain.setdefault(domain.casefold(), company)
        for name in (company.display_name, *company.also_known_as):
            if key := name_key(name):
                self._by_name.setdefault(key, company)

    def by_name(self, name: str) -> Company | None:
        """The company of that name or other name."""
        return self._by_name.get(name_key(name))

    def find(
        self, name: str, *, links: Iterable[str] = (), header_links: Iterable[str] = (), emails: Iterable[str] = ()
    ) -> Company | None:
        """The company of an advertisement: by its board, its name, then its domain in the header or an address.

        A link below the header counts only when it leads to a board: people link to others' pages too.
        """
        for link in links:
            board = board_of_link(link)
            if board and (company := self._by_board.get((board[0], board[1].casefold()))):
                return company
        if company := self.by_name(name):
            return company
        for host in (*_hosts(header_links), *(email.rpartition("@")[2] for email in emails)):
            if company := self._by_site(host):
                return company
        return None

    def _by_site(self, host: str) -> Company | None:
        labels = host.lower().split(".")
        for start in (0, 1):
            domain = ".".join(labels[start:])
            if domain in self._by_domain and (start == 0 or labels[0] in _SITES):
                return self._by_domain[domain]
        return None

    def find_or_add(
        self,
        name: str,
        *,
        links: Iterable[str] = (),
        header_links: Iterable[str] = (),
        emails: Iterable[str] = (),
        domain: str | None = None,
    ) -> Company:
        """The company as `find` has it, else a new one under a free slug, remembered for the next advertisement."""
        found = self.find(name, links=links, header_links=header_links, emails=emails)
        if found is not None:
            return found
        base = slug_of(name)
        slug, n = base, 2
        while slug in self._by_slug:
            suffix = f"-{n}"
            slug, n = f"{base[: SLUG_LENGTH - len(suffix)]}{suffix}", n + 1
        company = Company(
            slug=slug,
            display_name=name,
            ats_type=FOUND_TYPE,
            ats_id=slug,
            sector=Sector.OTHER,
            domains=(domain,) if domain else (),
        )
        self._add(company)
        return company


def _hosts(links: Iterable[str]) -> Iterator[str]:
    for link in links:
        try:
            parts = urlsplit(link if "://" in link else f"https://{link}")
        except ValueError:
            continue
        if parts.hostname and not _NOT_CAREERS.match(parts.path):
            yield parts.hostname
