"""The report in a terminal."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.table import Table

from job_hunter.domain.leaders import Comparison, Leader, LeadersReport, change, money
from job_hunter.domain.trends import sparkline
from job_hunter.report.escape import terminal
from job_hunter.report.render import (
    SHOWN_MOVERS,
    before_and_after,
    evidence,
    figures,
    figures_then,
    more_movers,
    opening_change,
    openings,
    percent,
    scope,
    short_evidence,
    spread,
    window,
)

WIDE = 110


def render_terminal(report: LeadersReport, console: Console) -> None:
    """Print the report; narrow terminals get fewer columns, never cut ones."""
    _print(console, f"\n[bold]{terminal(report.headline)}[/]")
    if report.snapshot_date is None:
        _print(console, "\n".join(terminal(note) for note in report.notes))
        return
    _print(console, f"[dim]{terminal(scope(report))} · snapshot of {report.snapshot_date}[/]\n")
    if report.leaders:
        is_wide = console.width >= WIDE
        _print(console, _leaders(report, is_wide=is_wide))
        _print(console, "[dim]" + "; ".join(_legend(report, is_wide=is_wide)) + "[/]")
    for comparison in report.comparisons:
        _print_comparison(comparison, console)
    _print_trust(report, console)


def _print(console: Console, content: RenderableType) -> None:
    """Print within the terminal's width: a line that the terminal breaks by itself is broken within words."""
    console.print(content, soft_wrap=False)


def _leaders(report: LeadersReport, *, is_wide: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("", justify="right")
    table.add_column("company", overflow="fold")
    table.add_column("p50", justify="right")
    if is_wide:
        table.add_column("p25–p75", justify="right")
    table.add_column("n", justify="right")
    if not is_wide:
        table.add_column("from")
    table.add_column("trend")
    table.add_column("open", justify="right")
    table.add_column("week", justify="right")
    if is_wide:
        table.add_column("states pay", justify="right")
        table.add_column("evidence", overflow="fold")
    for leader in report.leaders:
        low = " [yellow]†[/]" if leader.is_low_confidence else ""
        row = [str(leader.rank), terminal(leader.name) + low, f"[bold]{money(leader.p50)}[/]"]
        row += [spread(leader)] if is_wide else []
        row += [figures(leader)] if is_wide else [_short_figures(leader), short_evidence(leader)]
        row += [sparkline(leader.trend), openings(leader.open_roles), opening_change(leader)]
        row += [percent(leader.disclosure), evidence(leader)] if is_wide else []
        table.add_row(*row)
    for own in report.you:
        blanks = [""] * (len(table.columns) - 3)
        table.add_row("", f"[cyan]You: {terminal(own.label)}[/]", f"[cyan]{money(own.total_gbp)}[/]", *blanks)
    return table


def _short_figures(leader: Leader) -> str:
    return str(leader.n) if leader.distinct >= leader.n else f"{leader.n}/{leader.distinct}"


def _legend(report: LeadersReport, *, is_wide: bool) -> list[str]:
    """What the marks of the table mean, and what the market pays beside it."""
    said = [f"the median over all figures here is {money(report.market_p50)}"]
    movers = [mover for comparison in report.comparisons for mover in comparison.movers[:SHOWN_MOVERS]]
    if any(leader.is_low_confidence for leader in report.leaders) or any(mover.is_low_confidence for mover in movers):
        said.append("† fewer than three figures: low confidence")
    if not is_wide:
        said.append("from: p posted, r reported by levels.fyi")
        if any(leader.distinct < leader.n for leader in report.leaders):
            said.append("8/3: three of the eight figures differ")
    return said


def _print_comparison(comparison: Comparison, console: Console) -> None:
    _print(console, f"\n[bold]Movers[/] [dim]{window(comparison)}[/]")
    if comparison.movers:
        is_wide = console.width >= WIDE
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("company", overflow="fold")
        for name in (
            "p50",
            "change",
            *(["figures"] * is_wide),
            "same openings" if is_wide else "same",
            "mix",
            "FX",
            "reading",
        ):
            table.add_column(name, justify="right", no_wrap=True)
        for mover in comparison.movers[:SHOWN_MOVERS]:
            colour = "green" if mover.delta > 0 else "red"
            split = mover.split
            low = " [yellow]†[/]" if mover.is_low_confidence else ""
            parts = [_part(part) for part in (split.same, split.mix, split.fx, split.reading)]
            counts = [figures_then(mover)] if is_wide else []
            delta = f"[{colour}]{change(mover.delta)}[/]"
            table.add_row(terminal(mover.name) + low, before_and_after(mover), delta, *counts, *parts)
        _print(console, table)
        if more := more_movers(comparison):
            _print(console, f"[dim]{more}[/]")
    else:
        _print(console, "no median moved")
    for title, names in (("New entrants", comparison.entrants), ("No figure any more", comparison.leavers)):
        if names:
            _print(console, f"[bold]{title}[/] {terminal(', '.join(names))}")


def _part(value: float) -> str:
    said = change(value)
    return f"[dim]{said}[/]" if said == "±£0" else said


def _print_trust(report: LeadersReport, console: Console) -> None:
    _print(console, "\n[bold]How far to trust it[/]")
    mix = ", ".join(f"{count} {name}" for name, count in sorted(report.evidence.items())) or "none"
    share = f"{report.states_pay / report.open_roles:.0%}" if report.open_roles else "–"
    facts = [
        f"figures: {mix}; {report.states_pay} of {report.open_roles} open roles here state pay ({share})",
        f"boards, threads and pages: {report.boards_covered} read completely, {len(report.missing)} missing",
    ]
    facts += [
        f"missing: {terminal(board.company)} ({board.source}, {board.status}, last read {board.since or 'never'}): "
        f"{terminal(board.message or '')}"
        for board in report.missing
    ]
    facts += [terminal(text) for text in (*report.caveats, *report.notes)]
    if report.rate_date:
        facts.append(f"newest exchange rate used: ECB, {report.rate_date}")
    if report.run_id:
        facts.append(f"run {report.run_id}, {report.parser_version}")
    listed = Table.grid(padding=(0, 1))
    listed.add_column()
    listed.add_column(overflow="fold")
    for fact in facts:
        listed.add_row(" ·", fact)
    _print(console, listed)
