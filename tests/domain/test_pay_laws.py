"""Laws of the pay reading: it never raises, stays linear, and says the same of the same."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from job_hunter.domain.currency import ANNUAL_BOUNDS, bounds
from job_hunter.domain.money import Period, annualise, per_period
from job_hunter.domain.pay import Band, PayHints, parse_pay, read_pay
from job_hunter.domain.place import Place
from job_hunter.domain.posting import StatedPay
from job_hunter.domain.text import plain_text

LONDON = PayHints(places=(Place("London", "GB"),), location="London")

FRAGMENTS = (
    *(
        "£",
        "$",
        "€",
        "US$",
        "CAD",
        "GBP",
        "zł",
        "k",
        "K",
        "m",
        "bn",
        "+",
        "-",
        "–",
        " to ",
        " up to ",
        "between ",
        " and ",
    ),
    *(
        "1",
        "45",
        "60,000",
        "70.000",
        "55 000",
        "1'000",
        "0",
        "99999999999999999999",
        "/hr",
        " per day",
        " p.a.",
        "%",
        "\n",
    ),
    *(
        "salary ",
        "OTE ",
        "budget ",
        "raised ",
        "|",
        "(",
        ")",
        "<p>",
        "&lt;p&gt;",
        "&#",
        "&amp;",
        "Â£",
        " ",
        ".",
        ",",
        "?",
    ),
)
texts = st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=40).map("".join))
amounts = st.floats(allow_nan=False, min_value=-10, max_value=1e12)
stated = st.builds(
    StatedPay,
    min=st.none() | amounts,
    max=st.none() | amounts,
    currency=st.sampled_from(("GBP", "usd", "JPY", "XXX", "", None)),
    period=st.none() | st.sampled_from(Period),
    basis=st.none(),
    origin=st.just("field"),
    label=st.none() | texts,
    note=st.none() | texts,
)


@given(texts, st.lists(stated, max_size=3), st.sampled_from(("GB", "US", "CA", None)))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_without_raising(text: str, figures: list[StatedPay], country: str | None) -> None:
    """Whatever comes in, a reading comes out: a pay that holds together, or a reason."""
    places = (Place(None, country),) if country else ()
    reading = read_pay(text, PayHints(stated=tuple(figures), places=places, title=text[:30], location=text[:40]))
    assert (reading.pay is None) == (reading.reason is not None)
    if reading.pay is None:
        return
    band = reading.pay.band
    assert band.currency in ANNUAL_BOUNDS
    assert band.min is not None or band.max is not None
    if band.min is not None and band.max is not None:
        assert band.min <= band.max
    low, high = bounds(band.currency, band.period)
    assert all(low * 0.1 <= end <= high * 10 for end in (band.min, band.max) if end is not None)
    assert 0 < reading.pay.confidence <= 1


@given(texts)
@settings(max_examples=200, deadline=None)
def test_a_quote_stands_where_its_offsets_say(text: str) -> None:
    """The evidence is verbatim: the plain text between the offsets is the quote."""
    pay = parse_pay(text, LONDON)
    if pay is not None:
        assert plain_text(text)[pay.start : pay.end] == pay.band.quote


HOSTILE = {
    "digits": "9",
    "nested ranges": "£1-",
    "ranges with k": "£1k-2k - ",
    "money signs": "£",
    "dollars and spaces": "$ ",
    "bare numbers": "1 ",
    "grouped digits": "1,000,",
    "spaced thousands": "1 000 ",
    "full figures": "salary £60,000 ",
    "figures in one clause": "£60k salary, ",
    "up to": "up to £",
    "per": "per ",
    "between": "between £50k and ",
    "bars": "| ",
    "tags": "<p",
    "escaped tags": "&lt;p&gt;",
    "comments": "<!--",
    "references": "&#9",
    "blank lines": "\n ",
    "codes": "GBP ",
    "cues": "budget bonus salary of ",
    "letters": "a",
    "pay blocks": '<div class="pay-range">£60k</div>',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_megabyte_is_read_in_under_a_second(name: str) -> None:
    """1 MB of any of these, after a figure that passes the first look, takes less than a second of CPU."""
    unit = HOSTILE[name]
    text = "£50 " + unit * (1_000_000 // len(unit))
    start = time.process_time()
    read_pay(text, LONDON)
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize("name", HOSTILE)
def test_cost_grows_no_faster_than_the_text(name: str) -> None:
    """Four times the text costs at most about four times as much, well below the cap on what is read."""
    unit = HOSTILE[name]

    def cost(characters: int) -> float:
        text = "£50 " + unit * (characters // len(unit))
        best = 9.0
        for _ in range(3):
            start = time.process_time()
            read_pay(text, LONDON)
            best = min(best, time.process_time() - start)
        return best

    assert cost(80_000) < 10 * cost(20_000) + 0.02


IRRELEVANT = (
    "We are a small team that cares about its work.",
    "Our office has 4 rooms and 30 desks.",
    "We raised £12m last year.",
    "You get 28 days of holiday.",
    "There is a learning budget of £1,000 a year.",
    "We use Python 3 and Postgres 16.",
)


@given(st.permutations(IRRELEVANT), st.integers(0, len(IRRELEVANT)))
@settings(max_examples=80, deadline=None)
def test_the_order_of_irrelevant_sentences_does_not_matter(sentences: list[str], at: int) -> None:
    """The pay is found wherever it stands, and nothing else is."""
    text = "\n".join([*sentences[:at], "The salary is £55,000 - £65,000.", *sentences[at:]])
    pay = parse_pay(text, LONDON)
    assert pay is not None
    assert (pay.band.min, pay.band.max, pay.band.currency) == (55_000, 65_000, "GBP")
    assert parse_pay("\n".join(sentences), LONDON) is None


FORMS = (
    "{sign}{low:,} - {sign}{high:,}",
    "{sign}{low:,}-{high:,}",
    "{code} {low:,} - {high:,}",
    "{low:,} - {high:,} {code}",
    "{sign}{k_low}k-{k_high}k",
    "{sign}{k_low}-{k_high}k",
    "{k_low}-{k_high}k {code}",
    "{code} {k_low}k - {k_high}k",
    "{sign}{k_low}k to {sign}{k_high}k",
)


@given(st.sampled_from((("£", "GBP"), ("€", "EUR"))), st.integers(20, 150), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_sign_and_code_forms_agree(currency: tuple[str, str], low: int, spread: int) -> None:
    """However a band is written, with a sign or a code, in full or with a k, it is the same band."""
    sign, code = currency
    high = low + spread
    values = {"sign": sign, "code": code, "low": low * 1000, "high": high * 1000, "k_low": low, "k_high": high}
    read = [parse_pay("Salary: " + form.format(**values), LONDON) for form in FORMS]
    assert all(pay is not None for pay in read)
    assert {(low * 1000, high * 1000, code)} == {(p.band.min, p.band.max, p.band.currency) for p in read if p}


@given(st.floats(min_value=1, max_value=1e9), st.sampled_from(Period))
def test_annualising_what_was_stated_per_period_is_the_identity(amount: float, period: Period) -> None:
    """A yearly amount stated per period and annualised again is the amount."""
    assert annualise(per_period(amount, period), period) == pytest.approx(amount)


@given(st.floats(min_value=1, max_value=1e6), st.floats(min_value=1, max_value=1e6))
def test_the_middle_of_a_band_is_its_midpoint_or_its_stated_end(low: float, high: float) -> None:
    """An open band gives its stated end to medians."""
    from job_hunter.domain.money import Basis

    def band(a: float | None, b: float | None) -> Band:
        return Band(a, b, "GBP", Period.YEAR, Basis.BASE, "")

    assert ((low + high) / 2, low, high) == (band(low, high).mid, band(low, None).mid, band(None, high).mid)
