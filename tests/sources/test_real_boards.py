"""The captured answers of real boards: every posting arrives, and every structured figure is the one that was sent."""

from __future__ import annotations

import orjson
import pytest

from job_hunter.domain.money import Period
from job_hunter.sources import ATS

pytestmark = pytest.mark.real

# File, postings, postings with structured pay, figures in all, the answer's own total: counted apart from the parsers.
FILES = [
    ("greenhouse/airbnb_content_20.json", 20, 0, 0, 240),
    ("greenhouse/catawiki_full_content_50.json", 50, 0, 0, None),
    ("greenhouse/discord_1.json", 1, 0, 0, None),
    ("greenhouse/gitlab_2.json", 2, 0, 0, 167),
    ("greenhouse/pay_input_ranges_excerpts.json", 3, 3, 8, None),
    ("greenhouse/list_history/2026-08-22/capitalontap.json", 38, 0, 0, None),
    ("greenhouse/list_history/2026-08-22/datadog.json", 442, 216, 216, None),
    ("greenhouse/list_history/2026-08-22/phmg.json", 15, 15, 30, None),
    ("greenhouse/list_history/2026-08-22/sumup.json", 381, 0, 0, None),
    ("lever/matchgroup_82.json", 82, 48, 48, None),
    ("lever/palantir_10.json", 10, 0, 0, None),
    ("ashby/cursor_54.json", 54, 0, 0, None),
    ("ashby/etched_10.json", 10, 0, 0, None),
    ("ashby/highlightta_2.json", 2, 1, 1, None),
    ("ashby/ramp_3.json", 3, 3, 3, None),
    ("ashby/ramp_4.json", 4, 4, 4, None),
    ("ashby/ramp_4b.json", 4, 2, 4, None),
]


@pytest.mark.parametrize(("file", "postings", "paid", "figures", "total"), FILES, ids=[case[0] for case in FILES])
def test_counts(file: str, postings: int, paid: int, figures: int, total: int | None, real, board_of) -> None:
    """As many postings, paid ones and figures as a person counts, and none refused."""
    source = file.partition("/")[0]
    parsed = ATS[source].parse(orjson.loads((real / file).read_bytes()), board_of(source), {})
    assert (len(parsed.postings), parsed.rejects, parsed.unlisted) == (postings, (), 0)
    assert sum(bool(posting.stated_pay) for posting in parsed.postings) == paid
    assert sum(len(posting.stated_pay) for posting in parsed.postings) == figures
    assert parsed.declared_total == total


def test_every_capture_parses(real, board_of) -> None:
    """Whatever file lies in the folder: no reject, no unreadable date, and nothing to read the second time."""
    for source in ATS:
        for path in sorted((real / source).rglob("*.json")):
            payload = orjson.loads(path.read_bytes())
            jobs = payload if isinstance(payload, list) else payload["jobs"]
            parsed = ATS[source].parse(payload, board_of(source), {})
            assert (len(parsed.postings), parsed.rejects) == (len(jobs), ()), path.name
            assert parsed.unread_fields.keys().isdisjoint({"first_published", "createdAt", "publishedAt"}), path.name
            known = {posting.external_id: posting.payload_hash for posting in parsed.postings}
            assert ATS[source].parse(payload, board_of(source), known).unchanged == tuple(known), path.name


STATED = [
    ("greenhouse/pay_input_ranges_excerpts.json", "Enterprise Account Executive - Gaming/Casino", [
        (200000, 230000, "USD", None, "OTE Range"),
    ]),
    ("greenhouse/pay_input_ranges_excerpts.json", "Community Manager (CONTRACT)", [
        (36, 48, "USD", None, "The estimated base pay range for this role is listed below, this is an hourly rate."),
    ]),
    ("greenhouse/pay_input_ranges_excerpts.json", "Autonomy Platform Engineer", [
        (137400, 202000, "USD", None, "I4"),
        (168000, 247000, "USD", None, "I5"),
        (198600, 292000, "USD", None, "I6"),
        (292000, 292000, "USD", None, "US1 - Base Salary Band Midpoint"),
        (0, 0, None, None, "US1 - Equity Band Midpoint"),
        (198600, 292000, "USD", None, "USA: Pay Transparency Range"),
    ]),
    ("ashby/highlightta_2.json", "Senior Site Reliability Engineer", [(102800, 137000, "CAD", Period.YEAR, None)]),
    ("ashby/ramp_3.json", "AI Operations Specialist | Enablement", [(114200, 184050, "USD", Period.YEAR, None)]),
    ("ashby/ramp_3.json", "Fraud Strategy Analyst (All Levels)", [(92100, 220000, "USD", Period.YEAR, None)]),
    ("ashby/ramp_3.json", "Mobile Engineer, Android", [(143200, 324500, "USD", Period.YEAR, None)]),
    ("ashby/ramp_4.json", "Security Engineer, Cloud", [(211400, 290600, "USD", Period.YEAR, None)]),
    ("ashby/ramp_4.json", "Mobile Engineer, Android", [(189000, 330000, "USD", Period.YEAR, None)]),
    ("ashby/ramp_4.json", "Software Engineer, Frontend", [(143200, 284000, "USD", Period.YEAR, None)]),
    ("ashby/ramp_4.json", "Technical Program Manager", [(144600, 269000, "USD", Period.YEAR, None)]),
    ("ashby/ramp_4b.json", "Technical Consultant, Mid-Market", [
        (168000, 231000, "USD", Period.YEAR, "SF/NY"),
        (151000, 207000, "USD", Period.YEAR, "Nationwide"),
    ]),
    ("ashby/ramp_4b.json", "Director, Performance Marketing", [
        (212000, 291000, "USD", Period.YEAR, "SF/NY"),
        (191000, 262000, "USD", Period.YEAR, "Nationwide"),
    ]),
    ("ashby/ramp_4b.json", "Account Executive", []),
    ("lever/matchgroup_82.json", "Android Engineer III", [(150000, 180000, "USD", Period.YEAR, None)]),
    ("lever/matchgroup_82.json", "Director, Equity Accounting", [(160000, 190000, "USD", Period.YEAR, None)]),
    ("lever/matchgroup_82.json", "Quality Assurance Analyst, Global Operations (18 Month Temp)", [
        (55000, 60000, "CAD", Period.YEAR, None),
    ]),
    ("lever/matchgroup_82.json", "Data Analyst (Azar)", []),
]  # fmt: skip


@pytest.mark.parametrize(("file", "title", "expected"), STATED, ids=[f"{case[0]}:{case[1]}" for case in STATED])
def test_stated_pay(file: str, title: str, expected: list[object], real, board_of) -> None:
    """Figures, currency, period and label as a person reads them on the board."""
    source = file.partition("/")[0]
    parsed = ATS[source].parse(orjson.loads((real / file).read_bytes()), board_of(source), {})
    [pay] = [posting.stated_pay for posting in parsed.postings if posting.title == title]
    assert [(item.min, item.max, item.currency, item.period, item.label) for item in pay] == expected


def test_every_lever_range_is_the_one_sent(real, board_of) -> None:
    """All 48 ranges: 45 in US, 2 in Canadian and 1 in Australian dollars a year, figure for figure."""
    jobs = orjson.loads((real / "lever/matchgroup_82.json").read_bytes())
    sent = {
        job["id"]: (job["salaryRange"]["min"], job["salaryRange"]["max"], job["salaryRange"]["currency"])
        for job in jobs
        if "salaryRange" in job
    }
    parsed = ATS["lever"].parse(jobs, board_of("lever"), {})
    got = {
        posting.external_id: (pay.min, pay.max, pay.currency)
        for posting in parsed.postings
        for pay in posting.stated_pay
        if pay.period is Period.YEAR
    }
    assert got == sent
    assert sorted(currency for _, _, currency in got.values()) == ["AUD", "CAD", "CAD"] + ["USD"] * 45


# Board, two days, postings in both, new, gone, and those of both whose change is more than a touch.
DAYS = [
    ("sumup", "2026-08-21", "2026-08-22", 367, 14, 21, 0),
    ("mongodb", "2026-08-21", "2026-08-22", 383, 21, 23, 15),
    ("datadog", "2026-08-15", "2026-08-21", 402, 40, 22, 10),
    ("capitalontap", "2026-08-21", "2026-08-22", 38, 0, 0, 0),
    ("phmg", "2026-07-23", "2026-08-15", 5, 11, 13, 1),
]


@pytest.mark.parametrize(("name", "before", "after", "kept", "new", "gone", "changed"), DAYS)
def test_a_day_later(name, before, after, kept, new, gone, changed, real, board_of) -> None:
    """A board touches hundreds of postings a day; only those that say something else are read again."""
    folder, board, parse = real / "greenhouse/list_history", board_of("greenhouse"), ATS["greenhouse"].parse
    first = parse(orjson.loads((folder / before / f"{name}.json").read_bytes()), board, {})
    known = {posting.external_id: posting.payload_hash for posting in first.postings}
    then = parse(orjson.loads((folder / after / f"{name}.json").read_bytes()), board, known)
    read = {posting.external_id for posting in then.postings}
    here = read | set(then.unchanged)
    assert (len(here & set(known)), len(here - set(known)), len(set(known) - here)) == (kept, new, gone)
    assert len(read & set(known)) == changed
