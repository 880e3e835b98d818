"""Where the sandbox's jobs are, in the many ways boards write it."""

from __future__ import annotations

from random import Random

from job_hunter.sandbox.model import Location, Spot

LONDON = Spot("London, United Kingdom", "London", "GB", "GBP")
UK = Spot("United Kingdom", None, "GB", "GBP")
NEW_YORK = Spot("New York, NY", "New York", "US", "USD")
SAN_FRANCISCO = Spot("San Francisco, CA", "San Francisco", "US", "USD")
DUBLIN = Spot("Dublin, Ireland", "Dublin", "IE", "EUR")
AMSTERDAM = Spot("Amsterdam, Netherlands", "Amsterdam", "NL", "EUR")
BERLIN = Spot("Berlin, Germany", "Berlin", "DE", "EUR")
PARIS = Spot("Paris, France", "Paris", "FR", "EUR")
ZURICH = Spot("Zurich, Switzerland", "Zurich", "CH", "CHF")
WARSAW = Spot("Warsaw, Poland", "Warsaw", "PL", "PLN")
SINGAPORE = Spot("Singapore", "Singapore", "SG", "SGD")
TORONTO = Spot("Toronto, Canada", "Toronto", "CA", "CAD")
SOFIA = Spot("Sofia, Bulgaria", "Sofia", "BG", "BGN")
DUBAI = Spot("Dubai, United Arab Emirates", "Dubai", "AE", "AED")


def _british(city: str) -> Spot:
    return Spot(f"{city}, United Kingdom", city, "GB", "GBP")


_LONDON_ALONE = (
    ("London, United Kingdom", None),
    ("London", None),
    ("London, England, United Kingdom", None),
    ("London, UK", None),
    ("Hybrid - London", "hybrid"),
    ("London (Hybrid)", "hybrid"),
)
_LONDON_AMONG = (
    ("London or Remote (UK)", (LONDON, UK), "remote"),
    ("New York, NY; London, United Kingdom", (NEW_YORK, LONDON), None),
    ("Dublin OR London", (DUBLIN, LONDON), None),
    ("London, United Kingdom; Amsterdam, Netherlands", (LONDON, AMSTERDAM), None),
    ("London • Paris", (LONDON, PARIS), None),
)
_UK = (
    ("Manchester, United Kingdom", "Manchester"),
    ("Edinburgh, United Kingdom", "Edinburgh"),
    ("Bristol, UK", "Bristol"),
    ("Leeds, England", "Leeds"),
    ("Glasgow, United Kingdom", "Glasgow"),
)
_REMOTE_UK = ("Remote (UK)", "Remote - United Kingdom", "United Kingdom (Remote)", "Remote, UK")
_ELSEWHERE = (
    NEW_YORK, SAN_FRANCISCO, DUBLIN, AMSTERDAM, BERLIN, PARIS, ZURICH, WARSAW, SINGAPORE, TORONTO, SOFIA, DUBAI,
)  # fmt: skip
# Places whose bucket is not called after their city.
_BUCKETS = {"San Francisco, CA": "bay-area", "Sofia, Bulgaria": "europe", "London, Ontario, Canada": "canada"}
_LONDON_ONTARIO = Spot("London, Ontario, Canada", "London", "CA", "CAD")


def london(r: Random) -> Location:
    """A place that counts as London."""
    if r.random() < 0.8:
        text, remote = r.choice(_LONDON_ALONE)
        return Location(text, (LONDON,), "london", remote)
    text, spots, remote = r.choice(_LONDON_AMONG)
    return Location(text, spots, "london", remote)


def british(r: Random) -> Location:
    """A place in the United Kingdom outside London."""
    text, city = r.choice(_UK)
    return Location(text, (_british(city),), "uk")


def remote_british(r: Random) -> Location:
    """A role worked from anywhere in the United Kingdom."""
    return Location(r.choice(_REMOTE_UK), (UK,), "remote-uk", "remote")


def elsewhere(r: Random) -> Location:
    """A place abroad, among them the other London."""
    spot = _LONDON_ONTARIO if r.random() < 0.03 else r.choice(_ELSEWHERE)
    return Location(spot.text, (spot,), _BUCKETS.get(spot.text, spot.text.split(",")[0].lower().replace(" ", "-")))


def anywhere(r: Random, london_share: float) -> Location:
    """A place drawn as the company hires: `london_share` of its roles in London, the rest spread."""
    drawn = r.random()
    if drawn < london_share:
        return london(r)
    rest = (drawn - london_share) / (1 - london_share)
    if rest < 0.16:
        return british(r)
    return remote_british(r) if rest < 0.3 else elsewhere(r)
