"""Which companies crossed a threshold, since when, and whether anybody needs to be told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from job_hunter.domain.alerts import (
    Opening,
    SavedSearch,
    find_crossings,
    find_openings,
    untold,
)
from job_hunter.domain.leaders import Leader, LeadersReport, Question
from job_hunter.domain.level import Family, Level
from job_hunter.domain.message import harmless

NEWEST = date(2026, 11, 22)
T = 500.0
_ = None


def weeks_ago(weeks: int) -> date:
    """The snapshot date so many weeks before the newest."""
    return NEWEST - timedelta(weeks=weeks)


def report(trend: tuple[float | None, ...], openings: tuple[int | None, ...] | None = None) -> LeadersReport:
    """A report of one company with weekly medians, the newest last; read on the dates with a median unless told."""
    read = openings or tuple(1 if p50 is not None else None for p50 in trend)
    assert trend[-1] is not None
    leader = Leader(
        1, "acme", "Acme", "other", trend[-1], None, None, 5, 5, 5, 0, 0, 1, 1, 1, trend, read
    )  # fmt: skip
    return LeadersReport(
        question=Question("london", None, ("engineering",), 10, 26),
        snapshot_date=NEWEST,
        generated_at=datetime(2026, 11, 22, tzinfo=UTC),
        leaders=(leader,),
        n_companies=1,
        market_p50=None,
        comparisons=(),
        dates=tuple(weeks_ago(weeks) for weeks in reversed(range(len(trend)))),
        evidence={},
        open_roles=1,
        states_pay=1,
        missing=(),
        boards_covered=1,
        rate_date=None,
        parser_version=None,
        run_id=None,
        you=(),
        caveats=(),
        notes=(),
    )


# name: medians (newest last), openings where they differ, then: weeks since the stay began, weeks since it was last
# below (None: never), newly crossed
STAYS = {
    "crossed this week": ((400.0, 510.0), _, 0, 1, True),
    "exactly the threshold": ((499.99, 500.0), _, 0, 1, True),
    "crossed last week": ((400.0, 510.0, 520.0), _, 1, 2, False),
    "above as far back as known": ((510.0, 510.0, 510.0), _, 2, _, False),
    "one snapshot only": ((510.0,), _, 0, _, False),
    "first read this week": ((_, 510.0), _, 0, _, False),
    "read before and stated no pay": ((_, 510.0), (3, 3), 0, _, True),
    "no openings before": ((_, 510.0), (0, 3), 0, _, True),
    "board missing last week, below before": ((400.0, _, 510.0), _, 0, 2, True),
    "board missing last week, above before": ((400.0, 510.0, _, 510.0), _, 2, 3, False),
    "no pay stated last week, above before": ((510.0, _, 510.0), (1, 1, 1), 2, _, False),
    "dipped and came back": ((510.0, 400.0, 510.0), _, 0, 1, True),
    "reported alone last week, above before": ((510.0, 300.0, 510.0), (1, _, 1), 2, _, False),
    "reported alone last week, below before": ((400.0, 900.0, 510.0), (1, _, 1), 0, 2, True),
    "not read this week, above before": ((400.0, 510.0, 900.0), (1, 1, _), 1, 2, False),
    "never has a board": ((400.0, 510.0), (_, _), 0, 1, True),
}


@pytest.mark.parametrize(("trend", "openings", "since", "below", "is_new"), STAYS.values(), ids=STAYS)
def test_a_stay_begins_after_the_last_median_below(
    trend: tuple[float | None, ...],
    openings: tuple[int | None, ...] | None,
    since: int,
    below: int | None,
    is_new: bool,
) -> None:
    """Dates without a median end no stay; only a known start within the week is new."""
    (crossing,) = find_crossings(report(trend, openings), T)
    expected = (weeks_ago(since), weeks_ago(below) if below is not None else None, is_new)
    assert (crossing.since, crossing.below_on, crossing.is_new) == expected


def test_what_others_report_while_a_board_is_not_read_is_no_crossing() -> None:
    """A median of other figures stands above the threshold for that alone: neither listed nor told."""
    assert find_crossings(report((400.0, 900.0), (1, None)), T) == ()
    assert find_crossings(report((900.0,), (None,)), T) != ()  # of a company without a board all is known


def test_below_the_threshold_is_no_crossing() -> None:
    """A penny below is below."""
    assert find_crossings(report((510.0, 499.99)), T) == ()


TOLD = {
    "never told": ((400.0, 510.0), None, True),
    "told this week": ((400.0, 510.0), 0, False),
    "told when it began, weeks ago": ((400.0, 510.0, 510.0), 1, False),
    "told long before the history looked at": ((510.0, 510.0), 60, False),
    "told, dipped, back again": ((510.0, 400.0, 510.0), 2, True),
    "told, missing, back again": ((510.0, _, 510.0), 2, False),
}


@pytest.mark.parametrize(("trend", "told", "is_untold"), TOLD.values(), ids=TOLD)
def test_each_stay_is_told_once(trend: tuple[float | None, ...], told: int | None, is_untold: bool) -> None:
    """A stay is told again only when the median was below in between."""
    crossings = find_crossings(report(trend), T)
    told_on = {"acme": weeks_ago(told)} if told is not None else {}
    assert untold(crossings, told_on) == (crossings if is_untold else ())
    assert len(crossings) == 1


def opening(title: str, pay: float | None, company: str = "Acme") -> Opening:
    """A staff engineer's opening in London."""
    return Opening(
        1, company, title, Level.STAFF, Family.ENGINEERING, "London", "london", pay, NEWEST, "https://example.org"
    )


def test_an_opening_is_found_once_with_all_its_searches() -> None:
    """Best paid first, those without pay last, those nobody asked for not at all."""
    searches = (SavedSearch("Staff", levels=(Level.STAFF,), places=("london",)), SavedSearch("C++", ("c++",)))
    low, high, none = opening("C++ Engineer", 1e5), opening("Engineer", 2e5), opening("Engineer", None)
    found = find_openings([none, low, high], searches)
    assert [(find.opening, find.searches) for find in found] == [
        (high, ("Staff",)),
        (low, ("Staff", "C++")),
        (none, ("Staff",)),
    ]
    assert find_openings([high], searches[1:]) == ()


@pytest.mark.parametrize(
    ("term", "title", "is_found"),
    [
        ("sre", "Site Reliability Engineer, Edge", True),
        ("senior SRE", "Senior Site Reliability Engineer", True),
        ("sre", "SRE, Storage", True),
        ("ml", "Machine Learning Engineer", True),
        ("ml", "HTML Engineer", False),
        ("sre", "Platform Engineer", False),
        ("disregard", "Site Reliability Engineer", False),
    ],
)
def test_an_abbreviation_finds_what_it_stands_for(term: str, title: str, is_found: bool) -> None:
    """Boards write out what people type short."""
    assert is_found == bool(find_openings([opening(title, None)], (SavedSearch("x", (term,)),)))


HARMLESS = [
    ("Engineer | <b>bold</b> & *co*", "Engineer | <b>bold</b> & *co*"),
    ("one\r\ntwo\tthree\x1b[31m", "one two three [31m"),
    ("a\u202eb", "a b"),
    ("@everyone come", "@\u2060everyone come"),
    ("<!channel> <@U123> <#C1>", "<\u2060!channel> <\u2060@U123> <\u2060#C1>"),
    ("Engineer @ Acme, me@acme.com", "Engineer @ Acme, me@acme.com"),
]


@pytest.mark.parametrize(("text", "shown"), HARMLESS)
def test_words_of_others_call_nobody_and_stay_on_their_line(text: str, shown: str) -> None:
    """Markup stays as written; control characters go; a broadcast is broken by a character nobody sees."""
    assert harmless(text) == shown
