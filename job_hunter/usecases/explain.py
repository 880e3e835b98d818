"""Say what was read in a text and why: every candidate, its label, the rule that chose or refused it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from job_hunter.domain.families import family_of
from job_hunter.domain.gazetteer import Gazetteer
from job_hunter.domain.level import Family
from job_hunter.domain.levels import LevelReading, company_ladder, read_level
from job_hunter.domain.locations import read_location
from job_hunter.domain.pay import Band, Pay, PayHints, PayReading, read_pay
from job_hunter.domain.place import LocationReading
from job_hunter.domain.text import plain_text
from job_hunter.errors import UsageError

if TYPE_CHECKING:
    from job_hunter.domain.role import Readings

Kind = Literal["pay", "location", "level"]

_SEGMENT = re.compile(r"[|•●·]|\s[-–—]{1,2}\s")
_JOB_WORDS = re.compile(
    r"\b(?:engineers?|developers?|devs?|software|programmers?|scientists?|designers?|managers?|analysts?|architects?|"
    r"java|full[- ]?stack|front[- ]?end|back[- ]?end|devops|sre|https?|www|equity|salary)\b",
    re.IGNORECASE,
)
_CONTEXT_FIELDS = ("title", "location", "country", "company", "sector")
_HEADER_LINES = 5
_HEADER_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the readings say of one text. `level` and `family` are None where no title was given."""

    text: str
    location: LocationReading
    pay: PayReading
    level: LevelReading | None
    family: Family | None


def explain(
    text: str, *, place: str | None = None, title: str | None = None, company: str | None = None, readings: Readings
) -> Explanation:
    """Read `text` as a posting of `company` at `place`; without a place the header of the text is asked for one."""
    plain = plain_text(text)
    location = read_location(place, readings.gazetteer) if place else _header_location(plain, readings.gazetteer)
    hints = PayHints(places=location.places, title=title, location=place)
    ladder = readings.ladder
    level = read_level(title, ladder, company_ladder(ladder, slug=company, name=company)) if title else None
    family = family_of(title, None) if title else None
    return Explanation(plain, location, read_pay(text, hints), level, family)


def predict(kind: Kind, case: Mapping[str, Any], *, readings: Readings) -> dict[str, Any]:
    """The prediction for one labelled case: `id` and the fields of its kind, in the form the scorer reads.

    A case is {id, text, context: {title, location, country, company, …}}; whatever else it holds, such as the expected
    answer, is never looked at. Raises UsageError naming the case and the field that is missing or of the wrong type.
    """
    for field in ("id", "text"):
        if not isinstance(case.get(field), str):
            raise UsageError(f"case {case.get('id', '?')!r}: {field!r} must be a text; add it to the line")
    context = case.get("context") or {}
    if not isinstance(context, Mapping):
        raise UsageError(
            f'case {case["id"]!r}: \'context\' must be an object such as {{"location": "London"}}, or absent'
        )
    for field in _CONTEXT_FIELDS:
        if not isinstance(context.get(field), str | None):
            raise UsageError(f"case {case['id']!r}: 'context.{field}' must be a text, null or absent")
    if kind == "pay":
        return {"id": case["id"], "pay": _pay(case["text"], context, readings)}
    if kind == "location":
        reading = read_location(case["text"], readings.gazetteer, country=context.get("country"))
        return {
            "id": case["id"],
            "places": [{"city": place.city, "country": place.country} for place in reading.places],
            "london": reading.is_london,
            "uk": reading.is_uk,
            "remote": reading.remote and reading.remote.value,
        }
    if kind == "level":
        company = context.get("company")
        ladder = company_ladder(readings.ladder, slug=company, name=company, sector=context.get("sector"))
        reading_of_level = read_level(case["text"], readings.ladder, ladder)
        return {"id": case["id"], "level": reading_of_level.level and reading_of_level.level.value}
    raise UsageError(f"{kind!r} is no kind of reading: use pay, location or level")


def band_data(band: Band) -> dict[str, Any]:
    """A band as plain data: min, max, currency, period, basis."""
    return {
        "min": band.min,
        "max": band.max,
        "currency": band.currency,
        "period": band.period.value,
        "basis": band.basis.value,
    }


def explanation_data(explanation: Explanation) -> dict[str, Any]:
    """An explanation as plain data for a table or JSON: the pay, every candidate and why, the rest."""
    pay = explanation.pay.pay
    return {
        "pay": pay and _pay_data(pay),
        "reason": explanation.pay.reason,
        "candidates": [
            {
                "quote": candidate.quote,
                "start": candidate.start,
                "end": candidate.end,
                "label": candidate.label.value,
                "band": candidate.band and band_data(candidate.band),
                "chosen": candidate.chosen,
                "why": candidate.why,
            }
            for candidate in explanation.pay.candidates
        ],
        "unknown_marks": list(explanation.pay.misses),
        "places": [{"city": place.city, "country": place.country} for place in explanation.location.places],
        "london": explanation.location.is_london,
        "uk": explanation.location.is_uk,
        "remote": explanation.location.remote and explanation.location.remote.value,
        "bucket": explanation.location.bucket,
        "unknown_places": list(explanation.location.misses),
        "level": explanation.level and explanation.level.level and explanation.level.level.value,
        "level_rule": explanation.level and explanation.level.rule,
        "family": explanation.family and explanation.family.value,
    }


def _pay_data(pay: Pay) -> dict[str, Any]:
    return {
        **band_data(pay.band),
        "quote": pay.band.quote,
        "start": pay.start,
        "end": pay.end,
        "origin": pay.origin,
        "confidence": pay.confidence,
        "others": [band_data(other) for other in pay.others],
    }


def _pay(text: str, context: Mapping[str, Any], readings: Readings) -> dict[str, Any] | None:
    place, country = context.get("location"), context.get("country")
    if place:
        location = read_location(place, readings.gazetteer, country=country)
    else:
        location = _header_location(plain_text(text), readings.gazetteer)
    hints = PayHints(places=location.places, country=country, title=context.get("title"), location=place)
    pay = read_pay(text, hints).pay
    return band_data(pay.band) if pay else None


def _header_location(text: str, gazetteer: Gazetteer) -> LocationReading:
    """The location a posting's header names: the first line that names a place, role and link segments left aside."""
    first = None
    for line in text.split("\n")[:_HEADER_LINES]:
        header = line[:_HEADER_LENGTH]
        segments = [segment.strip() for segment in _SEGMENT.split(header) if segment.strip()]
        places = " | ".join(segment for segment in segments if not _JOB_WORDS.search(segment))
        for candidate in (places, header):
            reading = read_location(candidate, gazetteer)
            first = first or reading
            if reading.places:
                return reading
    return first or read_location("", gazetteer)
