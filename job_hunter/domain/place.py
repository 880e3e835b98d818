"""Where a role is worked: the types of the place reading."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class RemotePolicy(StrEnum):
    """How a role is worked. None stands for "not said"."""

    REMOTE = "remote"
    HYBRID = "hybrid"
    ONSITE = "onsite"


class Place(NamedTuple):
    """A named work place: `city` in common English form, `country` as ISO 3166-1 alpha-2; either may be unknown."""

    city: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class LocationReading:
    """What a location string says. `uk` is None when the text leaves it open; `misses` are names no table knows."""

    places: tuple[Place, ...]
    is_london: bool
    is_uk: bool | None
    remote: RemotePolicy | None
    bucket: str | None
    misses: tuple[str, ...] = ()
