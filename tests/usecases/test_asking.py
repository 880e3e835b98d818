"""The analyst's questions answer with the sandbox's truth, and the commands show it; own figures stay apart."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from job_hunter.cli import app
from job_hunter.config import default_config_dir
from job_hunter.domain.leaders import REPORT_FAMILIES
from job_hunter.domain.level import Level
from job_hunter.report.sheet import csv_line
from job_hunter.storage.asking import Wanted
from job_hunter.usecases import asking
from job_hunter.usecases.analyze import analyze
from tests.usecases.conftest import END, Market

FAMILIES = tuple(family.value for family in REPORT_FAMILIES)
LONDON = Wanted(location="london", families=FAMILIES)
HOSTILE = '=HYPERLINK("http://evil") | [red]`x`\x1b[31m'


@pytest.fixture
def filled(make_market: Callable[..., Market], monkeypatch: pytest.MonkeyPatch) -> Market:
    """A market with one day of history, and commands that read it."""
    market = make_market(companies=8)
    asyncio.run(market.refresh())
    for path in default_config_dir().glob("*.yaml"):
        if not (market.config_dir / path.name).exists():
            (market.config_dir / path.name).write_bytes(path.read_bytes())
    monkeypatch.setenv("DB_CONNECTION_STRING", market.dsn)
    monkeypatch.setenv("JOB_HUNTER_CONFIG_DIR", str(market.config_dir))
    return market


def run(*arguments: str) -> Result:
    """A command as a person types it."""
    return CliRunner().invoke(app, arguments)


def test_spreads_are_the_truths(filled: Market) -> None:
    """p25, p50, p75, lowest, highest and n of each company's posted figures, in London."""

    found = asyncio.run(_london(filled))
    true = {
        row.company: row
        for row in filled.sandbox.truth.leaders(END, bucket="london", families=list(FAMILIES))
        if row.p50 is not None
    }
    names = {company.display_name: company.slug for company in filled.companies}
    assert {names[band.company] for band in found.bands} == set(true)
    for band in found.bands:
        row = true[names[band.company]]
        assert (band.evidence, band.n) == ("posted", row.n)
        assert (band.p25, band.p50, band.p75) == pytest.approx((row.p25, row.p50, row.p75), abs=0.011)
        assert band.low <= band.p25 <= band.p50 <= band.p75 <= band.high
    assert [(row.evidence, row.n) for row in found.market] == [("posted", sum(row.n for row in true.values()))]


async def _london(market: Market) -> asking.Spreads:
    async with market.database() as database:
        return await asking.spreads(database, LONDON)


async def _report_as_levels_fyi(market: Market, slug: str) -> None:
    """Turn the posted figures of a company into reported ones."""
    async with market.database() as database, database.transaction() as connection:
        await connection.execute(
            text(
                "UPDATE job_hunter.comp_snapshots s SET evidence = 'reported' FROM job_hunter.companies c "
                "WHERE c.id = s.company_id AND c.slug = :slug"
            ),
            {"slug": slug},
        )


def test_the_table_agrees_with_the_report(filled: Market) -> None:
    """Each cell is the leaders report's p50 of that company and level."""

    async def read() -> None:
        async with filled.database() as database:
            table = await asking.comp_table(database, LONDON)
            cells = {(cell.company, cell.level): (cell.p50, cell.n) for cell in table.cells}
            seen = 0
            for level in Level:
                report = await analyze(database, level=level, top_n=99, at=filled.at)
                for leader in report.leaders:
                    assert cells[leader.name, level.value] == (pytest.approx(leader.p50), leader.n)
                    seen += 1
            assert seen == sum(level is not None for _, level in cells)
            assert seen > 5

    asyncio.run(read())


def test_query_lists_open_roles_once_and_the_surest_pay_first(filled: Market) -> None:
    """As many as the truth holds; only those with pay when asked; a title's wildcard is a letter like any other."""
    openings = filled.sandbox.truth.openings(END)
    every = json.loads(run("query", "--limit", "1000", "--format", "json").stdout)
    assert every["total"] == len(every["roles"]) == len(openings)
    paid = json.loads(run("query", "--with-salary", "--limit", "1000", "--format", "json").stdout)
    assert paid["total"] < every["total"]
    sure = [role["confidence"] for role in paid["roles"]]
    assert sure == sorted(sure, reverse=True)
    word = json.loads(run("query", "--title", "ENGINEER", "--limit", "1000", "--format", "json").stdout)
    assert word["total"] == sum("engineer" in opening.title.lower() for opening in openings)
    sre = json.loads(run("query", "--title", "SRE", "--limit", "1000", "--format", "json").stdout)
    reliability = [one for one in openings if "site reliability" in one.title.lower() or "sre" in one.title.lower()]
    assert sre["total"] == len(reliability) > 0
    assert json.loads(run("query", "--title", "%", "--format", "json").stdout)["total"] == 0
    shown = run("query", "--with-salary", "--limit", "2")
    assert "2 of" in shown.stdout
    assert "http" in shown.stdout


def test_bands_are_verbatim_and_counted(filled: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every stated band once, with the number of openings that state it."""
    rows = json.loads(run("bands", "--limit", "1000", "--format", "json").stdout)
    paid = json.loads(run("query", "--with-salary", "--limit", "1000", "--format", "json").stdout)
    assert sum(row["openings"] for row in rows) == paid["total"]
    figures = [row["gbp"] for row in rows if row["gbp"] is not None]
    assert figures == sorted(figures, reverse=True)
    for columns in ("80", "140"):
        monkeypatch.setenv("COLUMNS", columns)
        shown = run("bands", "--title", "engineer", "--limit", "1000").stdout
        titles = [row["title"] for row in rows if "engineer" in row["title"].lower()]
        assert not {word for title in titles for word in title.split()} - set(shown.split())
        assert max(map(len, shown.splitlines())) <= int(columns)


def test_own_figures_are_shown_and_never_counted(filled: Market) -> None:
    """Two packages by label, converted at their day; the report draws them, ranks and medians do not move."""

    async def leaders() -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
        async with filled.database() as database:
            report = await analyze(database, top_n=99, at=filled.at)
        return [(one.name, one.p50) for one in report.leaders], [(own.label, own.total_gbp) for own in report.you]

    before, none = asyncio.run(leaders())
    assert none == []
    day = str(END - timedelta(days=2))
    done = run("self", "set", "--label", "package", "--base", "900000", "--bonus", "99000", "--date", day)
    assert done.exit_code == 0, done.output
    assert (
        run("self", "set", "--label", "grant", "--total", "200000", "--currency", "usd", "--date", day).exit_code == 0
    )
    after, you = asyncio.run(leaders())
    usd = filled.sandbox.truth.rates.to_gbp(200_000, "USD", END - timedelta(days=2))[0]
    assert after == before
    assert you == [("grant", pytest.approx(usd, abs=0.011)), ("package", 999_000.0)]
    assert run("self", "set", "--label", "package", "--total", "1", "--date", day).exit_code == 0
    listed = {row["label"]: row for row in json.loads(run("self", "list", "--format", "json").stdout)}
    assert (listed["package"]["base"], listed["package"]["total"]) == (None, 1.0)
    assert run("self", "remove", "--label", "grant").exit_code == 0
    assert set(asyncio.run(leaders())[1]) == {("package", 1.0)}


BAD = {
    "no company": (("query", "--company", "nobody"), "--company: no company is known yet: run `job-hunter refresh`"),
    "level": (("analyze", "--level", "snior"), "did you mean senior?"),
    "case": (("comp-band", "--level", "Staff"), "did you mean staff?"),
    "own level": (("self", "set", "--label", "x", "--total", "1", "--level", "juior"), "did you mean junior?"),
    "family": (("bands", "--family", "sale"), "did you mean sales?"),
    "format": (("analyze", "--format", "htlm"), "did you mean html?"),
    "top": (("analyze", "--top-n", "9" * 20, "--format", "json"), "--top-n"),
    "weeks": (("analyze", "--trend-weeks", "9" * 8), "--trend-weeks"),
    "limit": (("query", "--limit", "9" * 20), "--limit"),
    "days": (("report", "--days", "9" * 12), "--days"),
    "threshold": (("alert", "--threshold", "nan", "--stdout"), "--threshold: nan is no yearly pay"),
    "day": (("analyze", "--date", "2026-13-01"), "--date"),
    "place": (("comp-band", "--location", "lodnon"), "did you mean london"),
    "table": (("export", "role"), "did you mean roles"),
    "figures": (("self", "set", "--label", "x"), "give at least one figure"),
    "currency": (("self", "set", "--label", "x", "--total", "1", "--currency", "XXQ"), "'XXQ' is no currency"),
    "negative": (("self", "set", "--label", "x", "--total", "-1"), "is no yearly figure"),
    "label": (("self", "remove", "--label", "nope"), "there is no package 'nope'"),
    "folder": (("export", "roles", "-o", "/nonexistent/x.csv"), "cannot be written"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_wrong_word_is_named(dsn: str, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """Exit code 2 and one sentence with the nearest valid value."""
    monkeypatch.setenv("DB_CONNECTION_STRING", dsn)
    words, said = BAD[case]
    result = run(*words)
    assert result.exit_code == 2
    assert said in " ".join(result.output.replace("│", " ").split())


def test_the_nearest_company_is_named(filled: Market) -> None:
    """Half a slug is enough to be asked whether that one was meant."""
    slug = filled.companies[0].slug
    result = run("comp-band", "--company", slug[:-2])
    assert result.exit_code == 2
    assert f"did you mean {slug}?" in result.output


def test_companies_stand_side_by_side_within_a_kind_of_evidence(filled: Market) -> None:
    """Posted beside posted, the best paid first, the market below; never one kind between two of the other."""
    second, first, *_ = (band.company for band in asyncio.run(_london(filled)).bands)
    slugs = {company.display_name: company.slug for company in filled.companies}
    asyncio.run(_report_as_levels_fyi(filled, slugs[second]))
    words = ("--company", slugs[first], "--company", slugs[second])
    rows = json.loads(run("comp-band", *words, "--format", "json").stdout)["companies"]
    assert [row["evidence"] for row in rows] == sorted(row["evidence"] for row in rows)
    lines = [line.strip() for line in run("comp-band", *words).stdout.splitlines()]
    posted, reported = lines.index("posted"), lines.index("reported")
    assert lines[posted + 1].startswith(first)
    assert [line.split("  ")[0].removesuffix(" †") for line in lines[reported + 1 : reported + 3]] == [
        second,
        "all companies",
    ]


def test_exports_are_whole_and_harmless(filled: Market) -> None:
    """As many rows as the table; hostile titles stay text in CSV, JSON lines and the terminal."""

    async def spoil() -> int:
        async with filled.database() as database, database.transaction() as connection:
            await connection.execute(
                text("UPDATE job_hunter.roles SET title = :title WHERE id = (SELECT min(id) FROM job_hunter.roles)"),
                {"title": HOSTILE},
            )
            return int(await connection.scalar(text("SELECT count(*) FROM job_hunter.roles")) or 0)

    total = asyncio.run(spoil())
    rows = list(csv.DictReader(run("export", "roles").stdout.splitlines()))
    assert len(rows) == total
    assert rows[0]["title"].startswith("'=HYPERLINK")
    lines = [
        json.loads(line) for line in run("export", "roles", "--format", "jsonl").stdout.splitlines() if line[0] == "{"
    ]
    assert lines[0]["title"] == HOSTILE
    shown = run("query", "--title", "HYPERLINK").stdout
    assert "\x1b" not in shown
    assert "[red]" in shown
    for what in ("comp", "roles-snapshots", "comp-snapshots"):
        assert len(run("export", what, "--since", str(END)).stdout.splitlines()) > 1


@pytest.mark.parametrize("cell", ["=1+1", "+44 20", "-2", "@cmd", "\tx", "\rx", "\x00=1+1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    """Texts that a spreadsheet would run are quoted; negative numbers stay numbers."""
    assert next(csv.reader([csv_line([cell, -2.5])]))[0].startswith("'")
    assert csv_line([-2.5]) == "-2.5\n"


@pytest.mark.parametrize("columns", ["80", "140"])
def test_nothing_is_cut(filled: Market, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    """Packages with every figure and the table of all levels: each name and figure whole, whatever the width."""
    monkeypatch.setenv("COLUMNS", columns)
    day = ("--date", str(END - timedelta(days=2)))
    figures = ("--base", "120000", "--bonus", "20000", "--rsu-annual", "30000")
    for label in ("package", "realised-gross-2026"):
        assert (
            run("self", "set", "--label", label, *figures, "--level", "senior", "--place", "london", *day).exit_code
            == 0
        )
    listed = run("self", "list").stdout
    whole = (
        "package",
        "realised-gross-2026",
        "GBP 120,000",
        "GBP 20,000",
        "GBP 30,000",
        "£170,000",
        "senior",
        "london",
    )
    assert not [word for word in whole if word not in " ".join(listed.split())]
    table = run("comp-table").stdout
    assert "unstated" in table
    for line in listed.splitlines() + table.splitlines():
        assert len(line) <= int(columns)
    names = {company.display_name for company in filled.companies}
    first_words = {line.split("  ")[0].strip() for line in table.splitlines()} - {"", "company"}
    assert {word for word in first_words if "snapshot of" not in word} <= names
