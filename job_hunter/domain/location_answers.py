"""What a location's units and places add up to: London, the UK, the remote policy, the bucket."""

from __future__ import annotations

from job_hunter.domain.gazetteer import Gazetteer, Kind, bucket_of
from job_hunter.domain.location_units import Unit, countries_of, following, next_unit
from job_hunter.domain.place import Place, RemotePolicy

LONDON = Place("London", "GB")


def policy_of(units: list[Unit], is_hybrid: bool, is_remote: bool) -> RemotePolicy | None:
    """The policy the modes say: remote where it is offered at all, else hybrid, else onsite, else None."""
    said = {sense.name for unit in units for sense in unit.of(Kind.MODE)}
    if is_remote or "remote" in said:
        return RemotePolicy.REMOTE
    if is_hybrid or "hybrid" in said:
        return RemotePolicy.HYBRID
    return RemotePolicy.ONSITE if "onsite" in said else None


def is_london_place(place: Place, gazetteer: Gazetteer) -> bool:
    """Whether a place is London in England or a town within it."""
    return place == LONDON or (place.country == "GB" and place.city in gazetteer.london_towns)


def is_uk_role(places: tuple[Place, ...], units: list[Unit], may_be_uk: bool, is_elsewhere: bool) -> bool | None:
    """Whether a role may be worked in the UK; None where the text leaves it open.

    `may_be_uk` and `is_elsewhere` say whether the text names a scope that may, or one that cannot, include the UK.
    """
    if any(place.country == "GB" for place in places):
        return True
    if may_be_uk or any(place.country is None for place in places):
        return None
    if places:
        return None if is_unscoped_remote(units) else False
    return False if is_elsewhere else None


def is_unscoped_remote(units: list[Unit]) -> bool:
    """Whether "remote" is offered beside the named places without saying where: "Durham, NC or Remote"."""
    for at, unit in enumerate(units):
        if not any(sense.name == "remote" for sense in unit.of(Kind.MODE)):
            continue
        before = units[at - 1] if at and not unit.is_hard else None
        is_scoped = before is not None and (unit.sep != "," or bool(countries_of(before)))
        after = next_unit(units, at)
        is_scoped = is_scoped or (after is not None and bool(after.of(Kind.SCOPE)))
        if following(units, at) is None and not is_scoped and len(units) > 1:
            return True
    return False


def bucket_of_role(
    found: list[tuple[Place, str | None]],
    scopes: list[str],
    is_london: bool,
    remote: RemotePolicy | None,
    gazetteer: Gazetteer,
) -> str | None:
    """London where it is named, else the bucket of the first place, else of the first scope, else "remote" or None."""
    is_remote = remote is RemotePolicy.REMOTE
    if is_london:
        return "london"
    for place, region in found:
        return bucket_of(place, gazetteer, region=region, is_remote=is_remote)
    for scope in sorted(scopes, key=lambda name: gazetteer.scopes[name].is_remote):
        slug = gazetteer.bucket_of_scope.get(scope)
        if slug is not None:
            return f"remote-{slug}" if is_remote and not gazetteer.scopes[scope].is_remote else slug
    return "remote" if is_remote else None
