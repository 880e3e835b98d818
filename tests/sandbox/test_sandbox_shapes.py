"""The replicas answer in the shapes of the real sources, as recorded in their captures."""

from __future__ import annotations

import csv
import html
import io
import re
import uuid
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest

from job_hunter.sandbox import ashby, greenhouse, lever
from job_hunter.sandbox.bodies import TRAPS
from job_hunter.sandbox.model import SandboxCompany
from job_hunter.sandbox.postings import eastern
from job_hunter.sandbox.rates import Rates
from job_hunter.sandbox.world import World

WORLD = World()
ENVELOPE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"


def boards_of(source: str) -> list[SandboxCompany]:
    """The companies of the world that publish on `source`."""
    return [company for company in WORLD.companies if company.source == source]


def served(answer: Any) -> Any:
    """An answer as a client decodes it."""
    return orjson.loads(orjson.dumps(answer))


GREENHOUSE = [job for c in boards_of("greenhouse") for job in served(greenhouse.board(WORLD, c, WORLD.end))["jobs"]]
LEVER = [posting for c in boards_of("lever") for posting in served(lever.site(WORLD, c, WORLD.end))]
ASHBY = [job for c in boards_of("ashby") for job in served(ashby.board(WORLD, c, WORLD.end))["jobs"]]


def test_greenhouse_envelope_counts_its_jobs() -> None:
    """`meta.total` is the number of jobs, and ids are unique over all boards and exceed 32 bits."""
    for company in boards_of("greenhouse"):
        answer = greenhouse.board(WORLD, company, WORLD.end)
        assert set(answer) == {"jobs", "meta"}
        assert len(answer["jobs"]) == answer["meta"]["total"]
    ids = [job["id"] for job in GREENHOUSE]
    assert len(ids) == len(set(ids))
    assert max(ids) > 2**32
    assert min(ids) < 10**7


def test_greenhouse_text_is_escaped_once_more() -> None:
    """Content holds no tag before unescaping, real HTML after it, and entities inside are double."""
    for job in GREENHOUSE:
        assert "<" not in job["content"]
        text = html.unescape(job["content"])
        assert text.startswith('<div class="content-intro"><p>')
        assert "&amp;nbsp;" in job["content"]
        assert "&nbsp;" in text
        assert 4500 < len(text) < 8500


def test_greenhouse_times_are_us_eastern_without_fraction() -> None:
    """Every stamp is US Eastern, and the UTC day is the posting day also after midnight there."""
    stamps = [job[name] for job in GREENHOUSE for name in ("first_published", "updated_at") if job[name]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-0[45]:00", stamp) for stamp in stamps)
    published = [datetime.fromisoformat(job["first_published"]) for job in GREENHOUSE if job["first_published"]]
    assert any(when.date() != when.astimezone(UTC).date() for when in published)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 3, 8, 6, 59, tzinfo=UTC), "2026-03-08T01:59:00-05:00"),
        (datetime(2026, 3, 8, 7, 0, tzinfo=UTC), "2026-03-08T03:00:00-04:00"),
        (datetime(2026, 11, 1, 5, 59, tzinfo=UTC), "2026-11-01T01:59:00-04:00"),
        (datetime(2026, 11, 1, 6, 0, tzinfo=UTC), "2026-11-01T01:00:00-05:00"),
        (datetime(2026, 12, 31, 2, 0, tzinfo=UTC), "2026-12-30T21:00:00-05:00"),
    ],
)
def test_eastern_time_changes_with_the_season(moment: datetime, expected: str) -> None:
    """Daylight saving begins and ends at the right minute."""
    assert expected == eastern(moment)


def test_greenhouse_states_pay_in_each_of_its_ways() -> None:
    """Cents in pay_input_ranges, a rendered block, metadata strings: each occurs, with its traps beside it."""
    worlds = [WORLD, World(2), World(3)]
    boards = [(world, c) for world in worlds for c in world.companies if c.source == "greenhouse"]
    answers = [job for world, c in boards for job in greenhouse.board(world, c, world.end)["jobs"]]
    ranges = [row for job in answers for row in job.get("pay_input_ranges", [])]
    assert all(isinstance(row["min_cents"], int) and row["min_cents"] <= row["max_cents"] for row in ranges)
    assert {"OTE Range", "Annual Salary Range"} <= {row["title"] for row in ranges}
    blocks = [job for job in GREENHOUSE if "content-pay-transparency" in job["content"]]
    assert len(blocks) > 10
    assert all(re.search(r'<div class="pay-range"><span>\S', html.unescape(job["content"])) for job in blocks)
    values = [row for job in GREENHOUSE for row in job["metadata"] or [] if row["value_type"] == "currency_range"]
    assert {None, "0.0"} <= {row["value"] and row["value"]["min_value"] for row in values}
    assert any(row["value"] and float(row["value"]["min_value"]) > 20_000 for row in values)
    assert any(job["metadata"] is None for job in GREENHOUSE)


def test_greenhouse_has_the_small_oddities_of_the_real_one() -> None:
    """Blanks around titles, one internal id in several cities, null requisitions, prospects without an internal id."""
    assert any(job["title"] != job["title"].strip() for job in GREENHOUSE)
    internal = Counter(job["internal_job_id"] for job in GREENHOUSE)
    assert internal[None] >= 1
    assert any(count > 1 for ident, count in internal.items() if ident is not None)
    assert {"See Opening ID", None} & {job["requisition_id"] for job in GREENHOUSE}
    own_site = [job for job in GREENHOUSE if "greenhouse.io" not in job["absolute_url"]]
    assert own_site
    assert all(f"gh_jid={job['id']}" in job["absolute_url"] for job in own_site)


def test_greenhouse_leaves_out_what_was_not_asked_for() -> None:
    """Without content=true there are no texts, departments and offices; without pay_transparency no ranges."""
    company = boards_of("greenhouse")[0]
    bare = greenhouse.board(WORLD, company, WORLD.end, content=False)["jobs"]
    assert not any({"content", "departments", "offices", "pay_input_ranges"} & set(job) for job in bare)
    unpaid = greenhouse.board(WORLD, company, WORLD.end, pay=False)["jobs"]
    assert not any("pay_input_ranges" in job for job in unpaid)


def test_lever_spreads_its_text_over_five_parts() -> None:
    """description is opening and body; lists hold bare items; pay in words may be in `additional` alone."""
    for posting in LEVER:
        uuid.UUID(posting["id"])
        assert posting["description"] == posting["opening"] + posting["descriptionBody"]
        assert all(part["content"].startswith("\n<li>") and "<ul" not in part["content"] for part in posting["lists"])
        assert {"location", "team", "allLocations"} <= set(posting["categories"])
    said = [p for p in LEVER if re.search(r"[Ss]alary.{0,12}£|OTE £|Day rate", p["additionalPlain"])]
    assert any("£" not in p["descriptionPlain"].split("Salary")[-1][:30] for p in said)


def test_lever_salary_ranges_say_their_interval_and_note() -> None:
    """salaryRange is absent rather than null; intervals and the note that turns a range into OTE occur."""
    paid = [posting for posting in LEVER if "salaryRange" in posting]
    assert 0 < len(paid) < len(LEVER)
    assert {"per-year-salary", "per-month-salary"} <= {posting["salaryRange"]["interval"] for posting in paid}
    assert all(posting["salaryRange"] is not None for posting in paid)
    assert any("On-Target Earnings" in posting["salaryDescription"] for posting in paid)


def test_lever_times_are_epoch_milliseconds() -> None:
    """createdAt is in milliseconds and lies in the past of the sandbox's day."""
    created = [datetime.fromtimestamp(posting["createdAt"] / 1000, UTC).date() for posting in LEVER]
    assert date(2023, 1, 1) < min(created)
    assert max(created) <= WORLD.end


def test_ashby_compensation_has_the_shape_of_the_real_one() -> None:
    """Empty compensation where there is no pay, tiers with components where there is, interval beside each value."""
    empty = {
        "compensationTierSummary": None, "scrapeableCompensationSalarySummary": None,
        "compensationTiers": [], "summaryComponents": [],
    }  # fmt: skip
    salaries = []
    for job in ASHBY:
        if not job["shouldDisplayCompensationOnJobPostings"]:
            assert empty == job["compensation"]
            continue
        for tier in job["compensation"]["compensationTiers"]:
            salaries += [part for part in tier["components"] if part["compensationType"] == "Salary"]
    assert {"1 YEAR", "1 MONTH"} <= {part["interval"] for part in salaries}
    assert any(part["summary"].startswith("OTE ") for part in salaries)
    assert any(len(job["compensation"]["compensationTiers"]) > 1 for job in ASHBY)
    assert any("Multiple Ranges" in (job["compensation"]["compensationTierSummary"] or "") for job in ASHBY)


def test_ashby_lists_hidden_jobs_and_odd_addresses() -> None:
    """Some jobs are in the answer but unlisted, isRemote may be null, an address may be empty."""
    assert any(job["isListed"] is False for job in ASHBY)
    assert {True, False, None} == {job["isRemote"] for job in ASHBY}
    assert any(job["address"] == {"postalAddress": {}} for job in ASHBY)
    assert any(job["secondaryLocations"] for job in ASHBY)
    company = boards_of("ashby")[0]
    assert not any("compensation" in job for job in ashby.board(WORLD, company, WORLD.end, compensation=False)["jobs"])


def test_bodies_are_full_of_figures_that_are_not_pay() -> None:
    """Every trap sentence occurs in some posting."""
    text = html.unescape(html.unescape(" ".join(job["content"] for job in GREENHOUSE))).replace("\xa0 ", " ")
    assert all(trap[:40] in text for trap in TRAPS)


def test_ecb_files_have_the_shapes_of_the_bank() -> None:
    """Cube nested three deep in a default namespace, single quotes, newest first; csv with a comma at the end."""
    rates, today = Rates(1), date(2026, 11, 22)
    daily = rates.daily_xml(today)
    assert b"<Cube time='2026-11-20'>" in daily
    root = ElementTree.fromstring(rates.ninety_days_xml(today))
    days = [cube.get("time") for cube in root.iter(ENVELOPE) if cube.get("time")]
    assert sorted(days, reverse=True) == days
    assert 60 <= len(days) <= 64
    assert "EUR" not in {cube.get("currency") for cube in root.iter(ENVELOPE)}
    with zipfile.ZipFile(io.BytesIO(rates.history_zip(today))) as archive:
        rows = list(csv.reader(io.StringIO(archive.read("eurofxref-hist.csv").decode())))
    assert rows[0][:4] == ["Date", "USD", "JPY", "BGN"]
    assert {43} == {len(row) for row in rows}
    assert {""} == {row[-1] for row in rows}
    assert dict(zip(rows[0], rows[1], strict=True))["BGN"] == "N/A"
    gaps = [(date.fromisoformat(a[0]) - date.fromisoformat(b[0])).days for a, b in pairwise(rows[1:])]
    assert max(gaps) == 5
