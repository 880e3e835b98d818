"""Every panel of every dashboard, run as Grafana runs it, by Grafana's login, on a market whose truth is known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any

import asyncpg
import pytest
import yaml

from job_hunter.domain.leaders import LeadersReport
from job_hunter.usecases.analyze import REPORT_FAMILIES, analyze
from scripts.dashboards.__main__ import DASHBOARDS as WRITTEN
from tests.conftest import Postgres
from tests.infra import grafana
from tests.infra.filled import RANGE, WEEKS, Filled, Reader, filled
from tests.runbook import read_runbook
from tests.storage.test_contract_queries import OPEN_ROLES, P50
from tests.usecases.conftest import END, Market, make_market, readings  # noqa: F401 the same market

MARKET, HIRING, OPERATIONS = (
    grafana.read(grafana.GRAFANA / "dashboards" / name)
    for name in ("job-hunter.json", "hiring.json", "operations.json")
)
ALL_DASHBOARDS = {dashboard["uid"]: dashboard for dashboard in (MARKET, HIRING, OPERATIONS)}
PANELS = [
    pytest.param(dashboard, panel, id=f"{uid}: {panel['title']}")
    for uid, dashboard in ALL_DASHBOARDS.items()
    for panel in grafana.panels(dashboard)
]
ALERTS = yaml.safe_load((grafana.GRAFANA / "alerting" / "job-hunter.yaml").read_text(encoding="utf-8"))
RULES = {rule["uid"]: rule for group in ALERTS["groups"] for rule in group["rules"]}
PREFERRED = {
    "place": ("london", "uk"),
    "level": ("senior", "unstated"),
    "family": ("engineering", "trading"),
    "source": ("greenhouse", "hn"),
    "twice": ("once", "each"),
}


@pytest.fixture(scope="module")
def data(postgres: Postgres, migrated_template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A filled database with Grafana's login."""
    with postgres.database(migrated_template) as dsn, filled(dsn, tmp_path_factory.mktemp("config")) as found:
        yield found


def test_the_files_are_what_the_code_writes() -> None:
    """Whoever edits a dashboard in Grafana brings the change to scripts/dashboards."""
    assert {path.name for path in grafana.DASHBOARDS} == set(WRITTEN)
    for path in grafana.DASHBOARDS:
        assert path.read_text(encoding="utf-8") == WRITTEN[path.name].to_json(), "run python -m scripts.dashboards"


@pytest.mark.parametrize("dashboard", ALL_DASHBOARDS.values(), ids=ALL_DASHBOARDS.keys())
def test_a_dashboard_is_well_formed(dashboard: dict[str, Any]) -> None:
    """Ids are unique, panels lie side by side within the page, and each asks the datasource that is provisioned."""
    boxes = {panel["id"]: panel["gridPos"] for panel in dashboard["panels"]}
    assert len(boxes) == len(dashboard["panels"])
    for box in boxes.values():
        assert box["x"] + box["w"] <= 24
    for one, other in combinations(boxes.values(), 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)
    for panel in grafana.panels(dashboard):
        assert panel["description"], panel["title"]
        for asked in (panel, *panel["targets"]):
            assert asked["datasource"] == {"type": "postgres", "uid": "job-hunter-pg"}
    titles = [panel["title"] for panel in dashboard["panels"]]
    assert len(set(titles)) == len(titles)
    assert "id" not in dashboard


def test_the_datasource_is_the_provisioned_one() -> None:
    """The file for a Grafana without Terraform, Terraform's own, and the alert rules name one datasource."""
    provided = yaml.safe_load((grafana.GRAFANA / "datasources" / "job-hunter.yaml").read_text(encoding="utf-8"))
    (source,) = provided["datasources"]
    assert (source["name"], source["uid"], source["type"]) == ("Job Hunter", "job-hunter-pg", "postgres")
    assert source["secureJsonData"] == {"password": "$__env{JOB_HUNTER_PG_PASSWORD}"}
    terraform = (grafana.GRAFANA.parent / "terraform" / "grafana.tf").read_text(encoding="utf-8")
    for key in ("name", "uid", "type"):
        assert any(line.split() == [key, "=", *f'"{source[key]}"'.split()] for line in terraform.splitlines()), key
    for key in source["jsonData"]:
        assert any(line.split()[:2] == [key, "="] for line in terraform.splitlines() if line.split()), key
    asked = {ask["datasourceUid"] for rule in RULES.values() for ask in rule["data"]}
    assert asked == {"job-hunter-pg", "__expr__"}


def _scenarios(data: Filled, dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """One value, two values and All of each variable, the others at All; and the dashboard as it opens."""
    companies = data.rows(
        "SELECT company FROM job_hunter.dated_pay WHERE snapshot_date = '2026-11-22' AND level = 'senior' "
        "AND place = 'london' AND source = 'greenhouse' AND base_gbp IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1"
    )
    preferred = {**PREFERRED, "company": tuple(row["company"] for row in companies)}
    scenarios: list[dict[str, Any]] = [{}]
    opening = {}
    for variable in dashboard["templating"]["list"]:
        name, default = variable["name"], variable["current"]["value"]
        one, two = preferred[name][:2]
        assert {one, two} <= set(data.choices(variable)), name
        scenarios += [{name: one if not variable["multi"] else [one]}]
        scenarios += [{name: two}] if not variable["multi"] else [{name: [one, two]}, {name: grafana.ALL}]
        opening[name] = grafana.ALL if default == [grafana.ALL] else default
    return [*scenarios, opening]


@pytest.mark.parametrize(("dashboard", "panel"), PANELS)
def test_a_panel_answers_whatever_is_chosen(data: Filled, dashboard: dict[str, Any], panel: dict[str, Any]) -> None:
    """No error and no empty panel with one value, two values and All; a time series has time, metric and value."""
    (target,) = panel["targets"]
    scenarios = _scenarios(data, dashboard)
    assert len(scenarios) > 4
    for given in scenarios:
        rows = data.rows(grafana.expand(target["rawSql"], data.chosen(dashboard, **given), RANGE))
        assert rows, given
        assert any(value is not None for row in rows for value in row.values()), given
        if target["format"] == "time_series":
            assert tuple(rows[0].keys()) == ("time", "metric", "value")
            times = [row["time"] for row in rows]
            assert times == sorted(times), given
            assert {type(time) for time in times} == {datetime}
            assert all(RANGE.since.date() <= time.date() <= RANGE.until.date() for time in times)
            assert {type(row["metric"]) for row in rows} == {str}
            assert all(isinstance(float(row["value"]), float) for row in rows)
            assert len({(row["time"], row["metric"]) for row in rows}) == len(rows), given


@pytest.mark.parametrize("dashboard", ALL_DASHBOARDS.values(), ids=ALL_DASHBOARDS.keys())
def test_a_dashboard_opens_on_an_empty_database(
    dashboard: dict[str, Any], postgres: Postgres, migrated_template: str
) -> None:
    """Before the first refresh panels are empty, or say that there is nothing yet; none is an error."""
    with postgres.database(migrated_template) as dsn, closing(Reader(dsn, "")) as empty:
        values: dict[str, Any] = {}
        for variable in dashboard["templating"]["list"]:
            default = variable["current"]["value"]
            offers = [option["value"] for option in variable.get("options", ())]
            values[variable["name"]] = offers if default == [grafana.ALL] else default
            if variable["type"] == "query":
                offered = [row["__value"] for row in empty.rows(grafana.expand(variable["query"], {}, RANGE))]
                assert offered, variable["name"]
                values[variable["name"]] = offered
        for panel in grafana.panels(dashboard):
            empty.rows(grafana.expand(panel["targets"][0]["rawSql"], values, RANGE))


def _series(rows: list[asyncpg.Record]) -> dict[tuple[date, str], float]:
    return {(row["time"].date(), row["metric"]): float(row["value"]) for row in rows}


def test_the_saved_queries_give_the_panels_numbers(data: Filled) -> None:
    """The p50 and the open roles of every company and week, word for word as analysts ask for them."""
    for query, title, dashboard in ((P50, "p50 by company", MARKET), (OPEN_ROLES, "Open roles by company", HIRING)):
        saved = {(row[0], row[1]): float(row[2]) for row in data.owner.rows(query) if row[2] is not None}
        shown = _series(data.panel(dashboard, title, place=["london"], twice="each"))
        assert len({on for on, _ in saved}) == len(WEEKS)
        assert {key: value for key, value in shown.items() if value} == pytest.approx(saved)
        once = _series(data.panel(dashboard, title, place=["london"]))
        counted = query.replace("'london'", "'london' AND s.is_canonical")
        assert {key: value for key, value in once.items() if value} == pytest.approx(
            {(row[0], row[1]): float(row[2]) for row in data.owner.rows(counted) if row[2] is not None}
        )
        assert once != shown  # the sandbox has openings that are seen twice


def test_the_saved_difference_of_two_weeks_is_in_the_panel(data: Filled) -> None:
    """One company on two dates, in all places."""
    slug = data.rows("SELECT company FROM job_hunter.dated_pay GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")[0][0]
    saved = data.owner.rows(
        "SELECT s.snapshot_date, percentile_cont(0.5) WITHIN GROUP (ORDER BY COALESCE(s.total_gbp, s.base_gbp)) "
        "FROM job_hunter.comp_snapshots s JOIN job_hunter.companies c ON c.id = s.company_id "
        f"WHERE c.slug = '{slug}' AND s.snapshot_date IN ('2026-11-15', '2026-11-22') GROUP BY 1 ORDER BY 1",
    )
    shown = _series(data.panel(MARKET, "p50 by company", company=[slug], twice="each"))
    assert [(on, value) for (on, _), value in shown.items() if on >= WEEKS[-2]] == [tuple(row) for row in saved]


@pytest.fixture(scope="module")
def report(data: Filled) -> LeadersReport:
    """The leaders report on the same data."""

    async def work() -> LeadersReport:
        async with data.market.database() as database:
            return await analyze(database, top_n=100, at=datetime(2026, 11, 22, 9, tzinfo=UTC))

    return asyncio.run(work())


REPORTED = {"place": ["london"], "family": [family.value for family in REPORT_FAMILIES]}


def test_leaders_are_the_reports(data: Filled, report: LeadersReport) -> None:
    """Rank, medians, quartiles, evidence and disclosure of every company, with the report's families chosen."""
    rows = data.panel(MARKET, "Leaders", **REPORTED)
    assert len(rows) == len(report.leaders) > 5
    for row, leader in zip(rows, report.leaders, strict=True):
        assert (row["rank"], row["company"], row["figures"]) == (leader.rank, leader.name, leader.n)
        assert (row["posted"], row["reported"]) == (leader.n_posted, leader.n_points_reported)
        assert (row["people behind reported"] or None) == leader.n_reported
        assert row["p50"] == pytest.approx(leader.p50)
        assert (row["p25"], row["p75"]) == (pytest.approx(leader.p25), pytest.approx(leader.p75))
        assert (row["confidence"] == "low") == leader.is_low_confidence
        assert (row["open roles"] or 0) == leader.open_roles
        assert row["state pay"] == (None if leader.disclosure is None else pytest.approx(leader.disclosure))
    (now,) = data.panel(MARKET, "The market on the newest snapshot", **REPORTED)
    assert (now["snapshot"], now["p50"]) == ("2026-11-22", pytest.approx(report.market_p50))
    (you,) = data.panel(MARKET, "You and the market", **REPORTED)
    assert (you["your pay"], you["p50"]) == (120_000, pytest.approx(report.market_p50))
    assert 0 < you["figures below yours"] < 1


@pytest.mark.parametrize(
    ("weeks", "column", "since"), [(1, "change", "week from"), (12, "12 weeks' change", "12 weeks from")]
)
def test_movers_are_the_reports(data: Filled, report: LeadersReport, weeks: int, column: str, since: str) -> None:
    """The same companies by the same pounds, compared with the same earlier snapshot."""
    rows = data.panel(MARKET, "Movers", **REPORTED)
    (comparison,) = (comparison for comparison in report.comparisons if comparison.weeks == weeks)
    assert {row[since] for row in rows} == {comparison.before.isoformat()}
    moved = {row["company"]: row[column] for row in rows if abs(row[column] or 0) >= 0.5}
    assert moved == {mover.name: pytest.approx(mover.delta) for mover in comparison.movers}
    assert moved
    if weeks == 1:
        assert sorted(row["company"] for row in rows if row["what"] == "new") == list(comparison.entrants)
        down = next(company.display_name for company in data.market.companies if company.slug == data.down)
        assert {row["company"] for row in rows if row["what"] == "left"} == set(comparison.leavers) - {down}
        assert down in {row["company"] for row in rows if row["what"] == "not read"}


def test_missing_is_not_zero(data: Filled) -> None:
    """A board that was down has no point that day; one that lists nothing in the place has a zero."""
    names = {company.slug: company.display_name for company in data.market.companies}
    shown = _series(data.panel(HIRING, "Open roles by company", place=["london"]))
    assert (END - timedelta(weeks=1), names[data.down]) in shown
    assert (END, names[data.down]) not in shown
    zeros = {key for key, value in shown.items() if value == 0}
    truth = data.market.sandbox.truth
    for on, name in zeros:
        slug = next(slug for slug, known in names.items() if known == name)
        assert slug not in truth.open_roles(on, "london")
    assert zeros
    status = {row["company"]: row for row in data.panel(HIRING, "How each board stands")}
    assert (status[names[data.down]]["last time"], status[names[data.down]]["complete on"]) == ("skipped", "2026-11-15")
    blocks = {
        (on, name.partition(" (")[0]): value
        for (on, name), value in _series(data.panel(HIRING, "Boards read, by company")).items()
    }
    assert blocks[END, names[data.down]] == 0
    assert blocks[END - timedelta(weeks=1), names[data.down]] == 3


def test_new_and_closed_roles_are_the_truths(data: Filled) -> None:
    """What the boards opened and closed in the last week; a board's first reading is no news, and nor is a repost."""
    truth = data.market.sandbox.truth
    changes = truth.changes(WEEKS[-2], WEEKS[-1])
    read = [company.slug for company in data.market.companies if company.slug != data.down]
    earlier = {opening.lineage for week in WEEKS[:-1] for opening in truth.openings(week)}
    opened = {
        (opening.company, opening.external_id)
        for opening in truth.openings(END)
        if opening.lineage not in earlier and (opening.company, opening.external_id) in changes.opened
    }
    turnover = _series(data.panel(HIRING, "New and closed roles", company=read, twice="each"))
    boards = _series(data.panel(HIRING, "New roles per day by source", company=read, twice="each"))
    of_boards = {
        name: value for (on, name), value in boards.items() if on == END and name in ("greenhouse", "lever", "ashby")
    }
    assert sum(of_boards.values()) == len({key for key in opened if key[0] in read}) > 0
    closed = {key for key in changes.closed if key[0] in read}
    assert turnover[END, "closed"] >= len(closed) > 0
    assert sum(value for (on, _), value in boards.items() if on == WEEKS[0]) < sum(
        len(truth.openings(WEEKS[0], slug)) for slug in read
    )


def test_the_login_reads_views_only(data: Filled) -> None:
    """Each view answers; each table, the analyst's own pay and the archive among them, is refused."""
    catalog = "SELECT {0} FROM {1} WHERE schemaname = 'job_hunter'"
    views = [row[0] for row in data.owner.rows(catalog.format("viewname", "pg_views"))]
    tables = [row[0] for row in data.owner.rows(catalog.format("tablename", "pg_tables"))]
    assert len(views) > 10
    assert {"own_comp", "raw_payloads", "comp_snapshots"} <= set(tables)
    for view in views:
        data.rows(f"SELECT * FROM job_hunter.{view} LIMIT 1")
    for table in tables:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            data.rows(f"SELECT * FROM job_hunter.{table} LIMIT 1")


def _alert(data: Filled, rule: str, at: datetime) -> tuple[float, bool]:
    """The value a rule finds at a time, and whether it fires."""
    ask, fires = RULES[rule]["data"]
    sql = ask["model"]["rawSql"].replace("now()", f"'{at.isoformat()}'::timestamptz")
    assert "$" not in sql
    ((value,),) = data.rows(sql)
    (condition,) = fires["model"]["conditions"]
    assert (RULES[rule]["condition"], fires["model"]["expression"]) == (fires["refId"], ask["refId"])
    assert condition["evaluator"]["type"] == "gt"
    return value, value > condition["evaluator"]["params"][0]


@pytest.mark.parametrize(("days", "fires"), [(0, False), (7, False), (8, True), (30, True)])
def test_the_alert_on_freshness(data: Filled, days: int, fires: bool) -> None:
    """A week between two Sundays is right; on the eighth day something is wrong."""
    at = datetime(2026, 11, 22, 23, 30, tzinfo=UTC) + timedelta(days=days)
    assert _alert(data, "job-hunter-no-snapshot", at) == (days, fires)


def test_the_alerts_on_a_database_without_data(dsn: str) -> None:
    """Nothing was ever read: that is stale, and no board fails."""
    for rule, fires in (("job-hunter-no-snapshot", True), ("job-hunter-boards-failing", False)):
        ask, threshold = RULES[rule]["data"]
        with closing(Reader(dsn, "")) as empty:
            ((value,),) = empty.rows(ask["model"]["rawSql"])
        assert (value > threshold["model"]["conditions"][0]["evaluator"]["params"][0]) is fires


def test_one_board_down_is_no_alarm(data: Filled) -> None:
    """One of twelve is the dashboard's matter."""
    value, fires = _alert(data, "job-hunter-boards-failing", RANGE.until)
    assert (value, fires) == (pytest.approx(1 / 12), False)
    (shown,) = data.panel(OPERATIONS, "Boards failing")
    assert shown["failing"] == pytest.approx(value)


@pytest.mark.parametrize(("down", "fires"), [(1, False), (2, True)])
async def test_a_third_of_the_boards_down(make_market: Callable[..., Market], down: int, fires: bool) -> None:  # noqa: F811
    """Two of six are a third, and so are two that a killed run never asked; one is not."""
    market = make_market()
    market.set_date(END - timedelta(weeks=2))
    await market.refresh()
    ask, threshold = RULES["job-hunter-boards-failing"]["data"]
    limit = threshold["model"]["conditions"][0]["evaluator"]["params"][0]
    assert await market.value(ask["model"]["rawSql"]) == 0
    market.set_date(END)
    await market.refresh(market.companies, only=[company.slug for company in market.companies[down:]])
    assert (await market.value(ask["model"]["rawSql"]) > limit) is fires
    for company in market.companies[:down]:
        market.sandbox.fault("error", board=company.ats_id)
    await market.refresh()
    assert (await market.value(ask["model"]["rawSql"]) > limit) is fires


def test_alert_links_lead_to_panels() -> None:
    """The panel an alert names is the one that shows what it watches."""
    titles = {
        uid: next(
            panel["title"]
            for panel in ALL_DASHBOARDS[rule["annotations"]["__dashboardUid__"]]["panels"]
            if str(panel["id"]) == rule["annotations"]["__panelId__"]
        )
        for uid, rule in RULES.items()
    }
    assert titles == {"job-hunter-no-snapshot": "Newest snapshot", "job-hunter-boards-failing": "Boards failing"}


def test_the_runbook_knows_every_alert() -> None:
    """Whoever is woken finds the entry that the alert names."""
    headings = {line.removeprefix("## ") for line in read_runbook().splitlines() if line.startswith("## ")}
    assert len(RULES) == 2
    for rule in RULES.values():
        assert rule["title"] in headings
        assert f'the runbook under "{rule["title"]}"' in rule["annotations"]["description"]
