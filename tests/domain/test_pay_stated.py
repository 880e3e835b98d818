"""Pay that a source states in fields of its own: each trap of such fields, and the choice among several."""

from __future__ import annotations

import pytest

from job_hunter.domain.money import Basis, Period
from job_hunter.domain.pay import Band, PayHints, parse_pay, read_pay
from job_hunter.domain.place import Place
from job_hunter.domain.posting import StatedPay

LONDON = (Place("London", "GB"),)
NEW_YORK = (Place("New York", "US"),)
TORONTO = (Place("Toronto", "CA"),)


def stated(
    low: float | None,
    high: float | None,
    currency: str | None = "GBP",
    *,
    period: Period | None = None,
    basis: Basis | None = None,
    label: str | None = None,
    note: str | None = None,
    origin: str = "metadata",
) -> StatedPay:
    """A figure as a source states it."""
    return StatedPay(low, high, currency, period, basis, origin, label, note)


def band(content: str, places: tuple[Place, ...], *figures: StatedPay, location: str | None = None) -> Band | None:
    """The band read from the figures (and the text) of a posting at `places`."""
    pay = parse_pay(content, PayHints(stated=figures, places=places, location=location))
    return pay.band if pay else None


def said(found: Band | None) -> tuple[object, ...] | None:
    """What a band says, without where it says it."""
    return found and (found.min, found.max, found.currency, found.period.value, found.basis.value)


ONE_FIGURE = {
    "a range": (stated(84_000, 115_500), (84_000, 115_500, "GBP", "year", "base")),
    "min equals max": (stated(25_000, 25_000, "EUR"), (25_000, 25_000, "EUR", "year", "base")),
    "zero is no figure": (stated(0.0, 0.0), None),
    "a hundredth is no figure": (stated(0.01, 0.01), None),
    "zero to a figure is up to it": (stated(0, 55_000), (None, 55_000, "GBP", "year", "base")),
    "no unit": (stated(84_000, 115_500, None), None),
    "paid once": (stated(50_000, 60_000, label="one-time", origin="salaryRange"), None),
    "paid once, in words": (stated(50_000, 60_000, label="One time payment"), None),
    "a unit no table knows": (stated(84_000, 115_500, "XTS"), None),
    "thousands typed short": (stated(190.0, 240.0, "USD"), (190_000, 240_000, "USD", "year", "base")),
    "hourly by its cents": (stated(32.69, 44.953, "USD"), (32.69, 44.953, "USD", "hour", "base")),
    "hourly by its title only": (
        stated(36, 48, "USD", label="This is an hourly rate.", origin="pay_input_ranges"),
        (36, 48, "USD", "hour", "base"),
    ),
    "hourly in a field of cents": (stated(36, 48, "USD", origin="pay_input_ranges"), (36, 48, "USD", "hour", "base")),
    "either hourly or thousands": (stated(60, 90, "USD"), None),
    "OTE by its title": (stated(200_000, 230_000, "USD", label="OTE Range"), (200_000, 230_000, "USD", "year", "ote")),
    "OTE by the note": (
        stated(240_000, 240_000, "USD", period=Period.YEAR, note="The on-target earnings (OTE) for this role."),
        (240_000, 240_000, "USD", "year", "ote"),
    ),
    "OTE by what the range represents": (
        stated(60_000, 80_000, "USD", note="The range represents the annual On-Target Earnings."),
        (60_000, 80_000, "USD", "year", "ote"),
    ),
    "OTE behind the figures": (
        stated(100_000, 120_000, note="£100K – £120K OTE • Offers Equity"),
        (100_000, 120_000, "GBP", "year", "ote"),
    ),
    "base first, OTE on top": (
        stated(100_000, 115_000, "USD", note="Base salary of 100-115k; OTE of 200-230k."),
        (100_000, 115_000, "USD", "year", "base"),
    ),
    "a stated basis": (stated(90_000, 99_000, basis=Basis.TOTAL), (90_000, 99_000, "GBP", "year", "total")),
    "a month": (stated(11_700, 11_700, "USD", period=Period.MONTH), (11_700, 11_700, "USD", "month", "base")),
    "a week": (stated(2_100, 2_100, "USD", period=Period.WEEK), (2_100, 2_100, "USD", "week", "base")),
    "a year though paid hourly": (
        stated(39_000, 43_000, period=Period.YEAR, note="This role will be paid hourly."),
        (39_000, 43_000, "GBP", "year", "base"),
    ),
    "a year that can only be an hour": (
        stated(18.5, 22.75, period=Period.YEAR, note="hourly rate"),
        (18.5, 22.75, "GBP", "hour", "base"),
    ),
    "a referral reward": (stated(1_500, 1_500, "USD", label="Referral Reward"), None),
    "an equity midpoint": (stated(90_000, 90_000, "USD", label="Equity Band Midpoint"), None),
    "a bonus": (stated(20_000, 30_000, label="Target Bonus"), None),
    "a slip of the pen at the lower end": (stated(2_195_000, 273_000, "USD"), None),
    "a spread no band has": (stated(15_000, 400_000, "USD"), None),
    "another country's range": (stated(150_000, 190_000, "USD", label="Job Post Range (United States)"), None),
    "another state's range": (stated(150_000, 190_000, "USD", label="NY Pay Rate Range (LEGACY)"), None),
}


@pytest.mark.parametrize("name", ONE_FIGURE)
def test_a_stated_figure_is_taken_for_what_it_is(name: str) -> None:
    """Each kind of field content gives its band, or nothing."""
    figure, expected = ONE_FIGURE[name]
    assert expected == said(band("", LONDON, figure))


def test_the_postings_own_currency_decides_among_tiers() -> None:
    """A tier in the country's currency wins, though another is wider and stands first."""
    tiers = (stated(151_000, 231_000, "USD", label="NY/SF"), stated(140_000, 180_000, "CAD"))
    assert said(band("", TORONTO, *tiers)) == (140_000, 180_000, "CAD", "year", "base")


def test_the_postings_own_place_decides_among_tiers_of_one_currency() -> None:
    """A tier whose title names the place wins over a wider one elsewhere; tiers are never spanned."""
    tiers = (stated(92_100, 220_000, "USD", label="Nationwide"), stated(150_000, 200_000, "USD", label="NY/SF"))
    assert said(band("", NEW_YORK, *tiers, location="New York, NY (HQ)")) == (150_000, 200_000, "USD", "year", "base")


def test_the_widest_level_stands_for_several() -> None:
    """Levels without a place give the widest single band, the first on a tie; the rest are kept as others."""
    levels = (stated(130_000, 160_000, "USD", label="I4"), stated(150_000, 190_000, "USD", label="I5"))
    reading = read_pay("", PayHints(stated=levels, places=NEW_YORK))
    assert reading.pay is not None
    assert (reading.pay.band.min, reading.pay.band.max) == (150_000, 190_000)
    assert [(other.min, other.max) for other in reading.pay.others] == [(130_000, 160_000)]


def test_base_is_preferred_to_on_target_earnings() -> None:
    """Both stated: the base band is the pay, the OTE one is kept beside it."""
    rows = (stated(200_000, 230_000, "USD", label="OTE Range"), stated(100_000, 115_000, "USD", label="Base Range"))
    assert said(band("", NEW_YORK, *rows)) == (100_000, 115_000, "USD", "year", "base")


def test_fields_are_trusted_before_text() -> None:
    """A usable field wins over prose and is more confident than it."""
    hints = PayHints(stated=(stated(84_000, 115_500),), places=LONDON)
    reading = read_pay("The salary is £90,000 - £99,000.", hints)
    assert reading.pay is not None
    assert (reading.pay.band.min, reading.pay.origin) == (84_000, "metadata")
    assert reading.pay.confidence >= 0.95
    assert reading.pay.start is None


def test_text_is_read_where_the_field_is_a_placeholder() -> None:
    """A 0-0 field leaves the prose to speak."""
    found = band("The salary is £90,000 - £99,000.", LONDON, stated(0.0, 0.0))
    assert said(found) == (90_000, 99_000, "GBP", "year", "base")


def test_an_unknown_currency_is_reported() -> None:
    """A code that no table knows is a miss, so that an operator sees what to add."""
    reading = read_pay("", PayHints(stated=(stated(84_000, 115_500, "XTS"),), places=LONDON))
    assert (reading.pay, reading.misses) == (None, ("XTS",))


PAY_BLOCK = (
    "&lt;p&gt;We raised $90M.&lt;/p&gt;&lt;div class=&quot;content-pay-transparency&quot;&gt;"
    "&lt;div class=&quot;title&quot;&gt;Annual Salary:&lt;/div&gt;&lt;div class=&quot;pay-range&quot;&gt;"
    "&lt;span&gt;£81,999&lt;/span&gt;&lt;span class=&quot;divider&quot;&gt;&amp;mdash;&lt;/span&gt;"
    "&lt;span&gt;£110,940 GBP&lt;/span&gt;&lt;/div&gt;&lt;/div&gt;&lt;p&gt;Learning&amp;nbsp;budget of £1,000&lt;/p&gt;"
)


def test_a_rendered_pay_block_is_markup_with_its_offsets() -> None:
    """Escaped once more, entities double: the block is found, more confident than prose, quoted where it stands."""
    from job_hunter.domain.text import plain_text

    pay = parse_pay(PAY_BLOCK, PayHints(places=LONDON))
    assert pay is not None
    assert said(pay.band) == (81_999, 110_940, "GBP", "year", "base")
    assert (pay.origin, pay.confidence >= 0.9) == ("markup", True)
    assert plain_text(PAY_BLOCK)[pay.start : pay.end] == pay.band.quote == "£81,999—£110,940 GBP"
