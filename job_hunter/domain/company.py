"""Companies we follow and the boards they publish on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Sector(StrEnum):
    """What kind of employer it is; the report's caveats depend on it (the base pay of hft_quant is a floor)."""

    HFT_QUANT = "hft_quant"
    BANK = "bank"
    FINTECH = "fintech"
    AI = "ai"
    BIG_TECH = "big_tech"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Company:
    """One employer. `ats_type` names a source of the registry; `ats_id` is its board token there."""

    slug: str
    display_name: str
    ats_type: str
    ats_id: str
    sector: Sector
    careers_url: str | None = None
    also_known_as: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    levels_fyi: str | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """One page of openings at one source: what a single fetch is about."""

    source: str
    token: str
    company: Company

    @property
    def slug(self) -> str:
        """The company's slug, for messages and task names."""
        return self.company.slug


def board_of(company: Company) -> Board:
    """The board on which `company` publishes."""
    return Board(source=company.ats_type, token=company.ats_id, company=company)
