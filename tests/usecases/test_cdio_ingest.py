"""A change of a page becomes roles of its company, or a line of the ledger that says why it does not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from job_hunter.domain.closing import FetchStatus
from job_hunter.domain.company import Sector
from job_hunter.domain.page_change import Outcome
from job_hunter.domain.role import Readings
from job_hunter.domain.run import BoardResult, Run
from job_hunter.domain.watch import Watch, company_of
from job_hunter.sources.changedetection_api import Api
from job_hunter.sources.http import Http
from job_hunter.storage import cdio as inbox
from job_hunter.storage import ledger
from job_hunter.storage.database import Database
from job_hunter.storage.series import read_newest_date
from job_hunter.usecases.catch_up_changes import catch_up, confirm_pages, retire_unwatched
from job_hunter.usecases.ingest_change import Desk, IngestedChange, desk_of, ingest_changes, shown
from job_hunter.usecases.receive_change import receive
from tests.fake_changedetection import KEY, FakeChangedetection, fake_changedetection

URL = "https://acme.example/jobs"
UUID = "11111111-2222-4333-8444-555555555555"
MORNING = datetime(2026, 11, 23, 9, tzinfo=UTC)


def _watch(slug: str = "acme") -> Watch:
    return Watch(
        slug=slug,
        display_name=slug.title(),
        sector=Sector.HFT_QUANT,
        url=f"https://{slug}.example/jobs",
        css="a",
        xpath=None,
        check_every=timedelta(hours=6),
    )


@dataclass
class Office:
    """A database, a clock the test sets, and one watched page."""

    db: Database
    desk: Desk
    at: datetime = MORNING
    page: list[str] = field(default_factory=lambda: ["Open roles"])

    def clock(self) -> datetime:
        """The time."""
        return self.at

    async def change(self, *lines: str, at: datetime | None = None, **texts: Any) -> None:
        """The page becomes `lines`, and the notification of it arrives."""
        moment = at or self.at
        fields = {
            "watch_url": URL,
            "watch_uuid": UUID,
            "change_datetime": moment.isoformat(),
            "diff": "",
            "prev_snapshot": "\n".join(self.page),
            "current_snapshot": "\n".join(lines),
            **texts,
        }
        self.page = list(lines)
        await self.receive({name: value for name, value in fields.items() if value is not None})

    async def receive(self, fields: dict[str, Any] | str) -> None:
        """A notification arrives."""
        content = fields if isinstance(fields, str) else json.dumps(fields)
        await receive(self.db, content.encode(), clock=self.clock)

    async def ingest(self) -> tuple[IngestedChange, ...]:
        """Read what waits; an hour passes."""
        done = await ingest_changes(self.db, self.desk, clock=self.clock)
        self.at += timedelta(hours=1)
        return done

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query."""
        async with self.db.reading() as connection:
            return [dict(row) for row in (await connection.execute(text(query))).mappings()]

    async def roles(self, *, is_open: bool = True) -> list[tuple[str, str]]:
        """Title and place of the roles that are open, or closed."""
        state = "NULL" if is_open else "NOT NULL"
        rows = await self.rows(
            f"SELECT title, location FROM job_hunter.roles WHERE closed_at IS {state} ORDER BY title"
        )
        return [(row["title"], row["location"]) for row in rows]

    async def ledger(self) -> list[tuple[str, str]]:
        """Status and message of the board's rows, oldest first."""
        rows = await self.rows(
            "SELECT f.status, f.message FROM job_hunter.board_fetches f JOIN job_hunter.refresh_runs r "
            "ON r.id = f.run_id WHERE r.door = 'cdio' ORDER BY f.fetched_at"
        )
        return [(row["status"], row["message"] or "") for row in rows]

    async def refresh_elsewhere(self) -> None:
        """A refresh reads a board of another company completely today, so today is a day of the series."""
        run = Run(uuid4(), self.at, self.at.date(), "cli", 1)
        async with self.db.transaction() as connection:
            await ledger.write_run(connection, run, parser_version="x", boards_planned=1, is_narrow=False)
            result = BoardResult("lever", "other", "other", FetchStatus.COMPLETE)
            await ledger.write_board_result(connection, run, result, company_id=None, at=self.at)


@pytest.fixture
async def office(dsn: str, readings: Readings) -> AsyncIterator[Office]:
    """One watched page, nothing known of it."""
    database = Database(dsn)
    yield Office(database, desk_of([_watch()], [company_of(_watch())], readings))
    await database.close()


async def test_a_new_line_is_a_role_with_its_evidence(office: Office) -> None:
    """Title, level, place and pay as stated, under the page's company, with the line as evidence and little trust."""
    line = "  * Senior Backend Engineer - London - £85,000 - £95,000 + equity"
    await office.change("Open roles", line)
    (done,) = await office.ingest()
    assert done.outcome is Outcome.INGESTED
    (role,) = await office.rows(
        "SELECT r.*, c.slug, c.ats_type, l.slug AS level FROM job_hunter.roles r JOIN job_hunter.companies c "
        "ON c.id = r.company_id LEFT JOIN job_hunter.levels l ON l.id = r.level_id"
    )
    assert (role["source"], role["board"], role["slug"], role["ats_type"]) == (
        "changedetection",
        "acme",
        "acme",
        "changedetection",
    )
    assert role["external_id"].startswith("acme:")
    assert (role["title"], role["location"], role["primary_location"]) == (
        "Senior Backend Engineer",
        "London",
        "london",
    )
    assert (role["level"], role["family"], role["apply_url"]) == ("senior", "engineering", URL)
    assert (role["parsed_base_min"], role["parsed_base_max"], role["parsed_currency"]) == (85_000, 95_000, "GBP")
    assert 0 < role["salary_parse_confidence"] <= 0.3
    assert role["pay_evidence"] in line
    assert role["first_seen_at"] == MORNING
    assert role["is_canonical"] is True
    (point,) = await office.rows("SELECT * FROM job_hunter.comp_points")
    assert (point["base_gbp"], point["evidence"], point["effective_date"]) == (90_000, "posted", MORNING.date())
    (row,) = await office.rows("SELECT * FROM job_hunter.cdio_changes")
    assert (row["outcome"], row["company_slug"]) == ("ingested", "acme")
    (run,) = await office.rows("SELECT * FROM job_hunter.refresh_runs")
    assert (run["door"], run["status"]) == ("cdio", "completed")
    assert "1 openings came" in run["message"]


async def test_nothing_waiting_is_a_no_op(office: Office) -> None:
    """Read twice, a change is one role; a run with nothing to do leaves no trace in the ledger."""
    await office.change("Open roles", "Data Engineer - London")
    assert len(await office.ingest()) == 1
    assert await office.ingest() == ()
    assert len(await office.rows("SELECT id FROM job_hunter.refresh_runs")) == 1
    assert await office.roles() == [("Data Engineer", "London")]


async def test_a_line_that_goes_closes_its_role_and_one_that_returns_opens_it(office: Office) -> None:
    """Closed when the page changed, reopened when the line is back; never a second role."""
    both = ("Open roles", "Data Engineer - London", "Quant Trader - London")
    await office.change(*both)
    await office.ingest()
    await office.change(*both[:2])
    gone_at = office.at
    await office.ingest()
    assert await office.roles() == [("Data Engineer", "London")]
    (closed,) = await office.rows("SELECT closed_at FROM job_hunter.roles WHERE closed_at IS NOT NULL")
    assert closed["closed_at"] == gone_at
    await office.change(*both)
    await office.ingest()
    assert len(await office.roles()) == 2
    assert await office.roles(is_open=False) == []
    kinds = [
        row["kind"] for row in await office.rows("SELECT kind FROM job_hunter.role_events ORDER BY happened_at, id")
    ]
    assert kinds == ["closed", "reopened"]


async def test_pay_that_changes_changes_the_role(office: Office) -> None:
    """The same title and place is the same role; its history says that the posting changed."""
    await office.change("Open roles", "Data Engineer - London - £60,000")
    await office.ingest()
    await office.change("Open roles", "Data Engineer - London - £70,000")
    (done,) = await office.ingest()
    assert (done.stored.new, done.stored.changed, done.stored.closed) == (0, 1, ())
    (role,) = await office.rows("SELECT parsed_base_min FROM job_hunter.roles")
    assert role["parsed_base_min"] == 70_000
    (event,) = await office.rows("SELECT kind, detail FROM job_hunter.role_events")
    assert (event["kind"], event["detail"]["cause"]) == ("pay_changed", "posting")


NO_ROLES: dict[str, tuple[dict[str, Any] | str, str, str]] = {
    "a reordering": (
        {
            "watch_url": URL,
            "prev_snapshot": "Quant - London\nData Engineer",
            "current_snapshot": "Data Engineer\nQuant - London",
        },
        "nothing",
        "no line came or went",
    ),
    "an empty diff": ({"watch_url": URL, "diff": ""}, "nothing", "no line came or went"),
    "a menu": ({"watch_url": URL, "diff": "(added) About us\n(removed) Home"}, "nothing", "none of them an opening"),
    "a redesign": (
        {
            "watch_url": URL,
            "prev_snapshot": "\n".join(f"Engineer {n} - London" for n in range(12)),
            "current_snapshot": "\n".join(f"Trader {n} in our London office" for n in range(12)),
        },
        "redesign",
        "page-wide redesign",
    ),
    "a filter that is missing": (
        f"Your configured CSS/xPath filters of 'a' for {URL} did not appear on the page after 6 attempts.",
        "notice",
        "no change, but a notice",
    ),
    "a test": ({"watch_url": URL, "diff": "(added) Example text: change detection is fantastic"}, "notice", "a test"),
    "a page nobody configured": (
        {"watch_url": "https://stranger.example/", "diff": "(added) Data Engineer - London"},
        "unknown_watch",
        "no page of cdio_watches.yaml has this address",
    ),
}


@pytest.mark.parametrize("name", NO_ROLES)
async def test_what_is_no_opening_creates_none_and_the_ledger_says_why(office: Office, name: str) -> None:
    """Reorderings, empty diffs, menus, redesigns, notices, tests and strangers' pages: no role, but a reason."""
    fields, outcome, reason = NO_ROLES[name]
    await office.receive(fields)
    await office.ingest()
    assert await office.roles() == []
    ((_, message),) = await office.ledger()
    assert reason in message
    (row,) = await office.rows("SELECT outcome, message, processed_at FROM job_hunter.cdio_changes")
    assert row["outcome"] == outcome
    assert reason in row["message"]


async def test_many_that_vanish_at_once_are_held(office: Office) -> None:
    """An error page in place of the list closes nothing; the ledger shows it as quarantined."""
    openings = [f"{title} - London" for title in ("Data Engineer", "Quant Trader", "Risk Analyst", "Java Developer")]
    await office.change("Open roles", *openings)
    await office.ingest()
    await office.change("Access denied")
    (done,) = await office.ingest()
    assert done.outcome is Outcome.HELD
    assert len(await office.roles()) == 4
    assert (await office.ledger())[-1][0] == "quarantined"


async def test_a_late_change_does_not_undo_a_newer_one(office: Office) -> None:
    """A change that arrives after a newer one was read opens nothing that is gone and closes nothing that stands."""
    early = office.at - timedelta(hours=5)
    await office.change("Open roles", "Data Engineer - London", "Actuary - London")
    await office.ingest()
    await office.change(
        "Open roles",
        "Quant Trader - London",
        "Actuary - London",
        at=early,
        prev_snapshot="Open roles\nData Engineer - London",
    )
    await office.ingest()
    assert await office.roles() == [("Actuary", "London"), ("Data Engineer", "London")]


async def test_changes_that_waited_are_read_in_their_order(office: Office) -> None:
    """Two changes in one run: the role of the first is gone by the second, and was there."""
    first = office.at
    await office.change("Open roles", "Data Engineer - London")
    office.at += timedelta(hours=1)
    await office.change("Open roles", "Quant Trader - London")
    done = await office.ingest()
    assert len(done) == 2
    assert await office.roles() == [("Quant Trader", "London")]
    (gone,) = await office.rows("SELECT first_seen_at, closed_at FROM job_hunter.roles WHERE closed_at IS NOT NULL")
    assert (gone["first_seen_at"], gone["closed_at"]) == (first, first + timedelta(hours=1))
    assert len(await office.ledger()) == 1


async def test_a_line_without_its_place_closes_the_only_role_of_its_title(office: Office) -> None:
    """Without the page, the diff may name the title alone: it means the one role that bears it, or none of several."""
    await office.change("Open roles", "Data Engineer - London", "Quant Trader - London", "Quant Trader - Paris")
    await office.ingest()
    await office.receive({"watch_url": URL, "diff": "(removed) Data Engineer\n(removed) Quant Trader"})
    await office.ingest()
    assert await office.roles() == [("Quant Trader", "London"), ("Quant Trader", "Paris")]


async def test_a_run_that_is_killed_repeats_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure between the roles and the end of the change leaves neither; the next run reads it whole."""
    await office.change("Open roles", "Data Engineer - London")
    real = inbox.write_outcome

    async def fail(*_: Any, **__: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(inbox, "write_outcome", fail)
    with pytest.raises(ConnectionError):
        await office.ingest()
    assert await office.roles() == []
    monkeypatch.setattr(inbox, "write_outcome", real)
    await office.ingest()
    assert await office.roles() == [("Data Engineer", "London")]


async def test_only_days_of_a_refresh_enter_the_series(office: Office) -> None:
    """A change on another day makes no day of the report; on a day of a refresh the page has its snapshot rows."""
    await office.change("Data Engineer - London")
    await office.ingest()
    async with office.db.reading() as connection:
        assert await read_newest_date(connection, until=office.at.date()) is None
    assert await office.rows("SELECT * FROM job_hunter.roles_snapshots") == []
    await office.refresh_elsewhere()
    await office.change("Data Engineer - London", "Actuary - London")
    await office.ingest()
    rows = await office.rows("SELECT snapshot_date, is_canonical FROM job_hunter.roles_snapshots")
    assert [(row["snapshot_date"], row["is_canonical"]) for row in rows] == [(MORNING.date(), True)] * 2
    assert (await office.ledger())[-1][0] == "complete"


async def test_an_artifact_shows_the_change_harmlessly(office: Office) -> None:
    """What people are shown names openings that came and went, with the words of the page escaped."""
    from job_hunter.report.page_changes import render_page_changes

    await office.change("Open roles", 'Senior "Backend" Engineer | London | £90,000')
    first = await office.ingest()
    await office.change("Open roles", "C++ Developer <b>x</b> - London")
    second = await office.ingest()
    shown_text = render_page_changes(shown([*first, *second]))
    assert '| Senior "Backend" Engineer | London | senior | £90,000 |' in shown_text
    assert 'Went: Senior "Backend" Engineer' in shown_text
    assert "<b>" not in shown_text


# ---- catching up from changedetection.io's history


@pytest.fixture
async def history(office: Office) -> AsyncIterator[tuple[FakeChangedetection, Api]]:
    """A changedetection.io that watches the page."""
    with fake_changedetection() as fake:
        async with Http(timeout=5) as http:
            yield fake, Api(http, fake.url, KEY)


def _moment(at: datetime) -> int:
    return int(at.timestamp())


async def _sweep(office: Office, api: Api) -> tuple[int, int]:
    filed, seen = await catch_up(office.db, api, office.desk.watches, clock=office.clock)
    done = await ingest_changes(office.db, office.desk, clock=office.clock)
    troubled = {one.slug for one in done if one.outcome in (Outcome.REDESIGN, Outcome.HELD) and one.slug}
    confirmed = await confirm_pages(office.db, office.desk, seen, troubled=troubled, clock=office.clock)
    return filed, confirmed


async def test_the_page_as_it_was_when_watching_began(office: Office, history: tuple[FakeChangedetection, Api]) -> None:
    """A page nobody read yet is read whole, once."""
    fake, api = history
    fake.add_page(URL, (_moment(MORNING), "Open roles\nData Engineer - London\nAbout us"))
    assert await _sweep(office, api) == (1, 0)
    assert await office.roles() == [("Data Engineer", "London")]
    assert await _sweep(office, api) == (0, 0)


async def test_what_the_webhook_missed_comes_from_the_history(
    office: Office, history: tuple[FakeChangedetection, Api]
) -> None:
    """Two changes while the receiver was down are filed under the keys the webhook would have used, and read once."""
    fake, api = history
    pages = ["Open roles", "Open roles\nData Engineer - London", "Open roles\nQuant Trader - London"]
    moments = [MORNING + timedelta(hours=n) for n in range(3)]
    uuid = fake.add_page(URL, (_moment(moments[0]), pages[0]))
    await _sweep(office, api)
    fake.pages[uuid] |= {_moment(at): page for at, page in zip(moments[1:], pages[1:], strict=True)}
    office.at = MORNING + timedelta(hours=4)
    assert (await _sweep(office, api))[0] == 2
    assert await office.roles() == [("Quant Trader", "London")]
    assert await office.roles(is_open=False) == [("Data Engineer", "London")]
    late = {
        "watch_url": URL,
        "watch_uuid": uuid,
        "change_datetime": moments[2].isoformat(),
        "prev_snapshot": pages[1],
        "current_snapshot": pages[2],
    }
    await office.receive(late)
    assert len(await office.rows("SELECT id FROM job_hunter.cdio_changes")) == 3
    assert (await _sweep(office, api))[0] == 0


async def test_a_redesign_that_stands_a_day_is_believed(
    office: Office, history: tuple[FakeChangedetection, Api]
) -> None:
    """The first day nothing opens or closes; a day later the page is read whole and the roles follow it."""
    fake, api = history
    names = ("Ada", "Core", "Edge", "Fast", "Grid", "Hub", "Ion", "Jet", "Key", "Lab")
    old = "\n".join(f"{name} Engineer - London" for name in names)
    new = "\n".join(f"{name} Developer (London)" for name in names)
    uuid = fake.add_page(URL, (_moment(MORNING), old))
    await _sweep(office, api)
    fake.pages[uuid][_moment(MORNING + timedelta(hours=1))] = new
    office.at = MORNING + timedelta(hours=2)
    await _sweep(office, api)
    assert len(await office.roles()) == 10
    assert all("Engineer" in title for title, _ in await office.roles())
    office.at += timedelta(hours=10)
    assert (await _sweep(office, api))[0] == 0
    office.at += timedelta(hours=11)
    assert (await _sweep(office, api))[0] == 1
    assert {title.split()[1] for title, _ in await office.roles()} == {"Developer"}
    assert len(await office.roles(is_open=False)) == 10


async def test_a_page_that_stands_has_its_rows_on_the_day_of_a_refresh(
    office: Office, history: tuple[FakeChangedetection, Api]
) -> None:
    """Unchanged and checked without an error: today's snapshot rows are written, once; with an error they are not."""
    fake, api = history
    uuid = fake.add_page(URL, (_moment(MORNING), "Data Engineer - London"))
    await _sweep(office, api)
    office.at += timedelta(days=1)
    fake.watches[uuid]["last_checked"] = _moment(office.at)
    assert (await _sweep(office, api))[1] == 0
    await office.refresh_elsewhere()
    fake.watches[uuid]["last_error"] = "HTTP 403"
    assert (await _sweep(office, api))[1] == 0
    fake.watches[uuid]["last_error"] = False
    assert (await _sweep(office, api))[1] == 1
    assert (await _sweep(office, api))[1] == 0
    rows = await office.rows("SELECT snapshot_date FROM job_hunter.roles_snapshots")
    assert [row["snapshot_date"] for row in rows] == [office.at.date()]


async def test_a_page_no_longer_watched_retires_its_roles(office: Office) -> None:
    """What left cdio_watches.yaml is closed with the event `retired`."""
    await office.change("Data Engineer - London")
    await office.ingest()
    empty = desk_of([], [], office.desk.readings)
    assert await retire_unwatched(office.db, empty, clock=office.clock) == 1
    assert await office.roles() == []
    assert [row["kind"] for row in await office.rows("SELECT kind FROM job_hunter.role_events")] == ["retired"]
