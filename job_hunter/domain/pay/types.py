"""What a pay reading takes in and gives back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from job_hunter.domain.money import Basis, Period
from job_hunter.domain.place import Place
from job_hunter.domain.posting import StatedPay


class Label(StrEnum):
    """What a figure found in a text is about. Only the first four can be the pay of the job."""

    BASE = "base"
    OTE = "ote"
    TOTAL = "total"
    STIPEND = "stipend"
    BONUS = "bonus"
    SIGN_ON = "sign_on"
    EQUITY = "equity"
    BENEFIT = "benefit"
    BUDGET = "budget"
    NOT_PAY = "not_pay"


class PayHints(NamedTuple):
    """What is known of a posting beside its text. `stated` come from the source's own fields, most trusted first."""

    stated: tuple[StatedPay, ...] = ()
    places: tuple[Place, ...] = ()
    country: str | None = None
    title: str | None = None
    location: str | None = None


class Band(NamedTuple):
    """One band as stated: full units of `currency` (ISO 4217) per `period`; None is an open end. Never both None."""

    min: float | None
    max: float | None
    currency: str
    period: Period
    basis: Basis
    quote: str
    title: str | None = None

    @property
    def mid(self) -> float:
        """The figure that enters medians: the midpoint, or the stated end of an open band."""
        if self.min is None or self.max is None:
            return self.max if self.min is None else self.min  # type: ignore[return-value]
        return (self.min + self.max) / 2


@dataclass(frozen=True, slots=True)
class Pay:
    """The pay of a posting: the band of its own place, how far it can be trusted, and the bands it was chosen from.

    `start` and `end` are offsets of the quote in the plain text, None when it came from a structured field.
    `confidence` runs from 0 to 1: structured fields ≥ 0.95, pay-range markup ≥ 0.9, prose below.
    """

    band: Band
    confidence: float
    origin: str
    start: int | None = None
    end: int | None = None
    others: tuple[Band, ...] = ()


class Candidate(NamedTuple):
    """A money span found in a text, what it was taken for, and why it was chosen or refused."""

    quote: str
    start: int
    end: int
    label: Label
    band: Band | None
    chosen: bool
    why: str


class PayReading(NamedTuple):
    """Everything a person needs to check a reading: the pay or the reason there is none, and all candidates.

    `reason` is a code (`no_figure`, `not_pay`, `no_currency`, `implausible`, `ambiguous`, …), None when pay was read.
    `misses` are currency-like marks that no table knows.
    """

    pay: Pay | None
    reason: str | None
    candidates: tuple[Candidate, ...] = ()
    misses: tuple[str, ...] = ()
