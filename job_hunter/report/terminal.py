"""The report in a terminal."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.table import Table

from job_hunter.domain.leaders import Comparison, LeadersReport, change, money
from job_hunter.domain.trends import sparkline
from job_hunter.report.escape import terminal
from job_hunter.report.render import SHOWN_MOVERS, evidence, opening_change, percent, scope, spread, window

WIDE = 110


def render_terminal(report: LeadersReport, console: Console) -> None:
    """Print the report; narrow terminals get fewer columns, never cut ones."""
    _print(console, f"\n[bold]{terminal(report.headline)}[/]")
    _print(console, f"[dim]{terminal(scope(report))} · snapshot of {report.snapshot_date or 'no day yet'}[/]\n")
    if report.leaders:
        _print(console, _leaders(report, is_wide=console.width >= WIDE))
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
    table.add_column("trend")
    table.add_column("open", justify="right")
    table.add_column("week", justify="right")
    if is_wide:
        table.add_column("states pay", justify="right")
        table.add_column("evidence", overflow="fold")
    for leader in report.leaders:
        low = " [yellow]low confidence[/]" if leader.is_low_confidence else ""
        row = [str(leader.rank), terminal(leader.name) + low, f"[bold]{money(leader.p50)}[/]"]
        row += [spread(leader)] if is_wide else []
        row += [str(leader.n), sparkline(leader.trend), str(leader.open_roles), opening_change(leader)]
        row += [percent(leader.disclosure), evidence(leader)] if is_wide else []
        table.add_row(*row)
    for own in report.you:
        blanks = [""] * (len(table.columns) - 3)
        table.add_row("", f"[cyan]You: {terminal(own.label)}[/]", f"[cyan]{money(own.total_gbp)}[/]", *blanks)
    return table


def _print_comparison(comparison: Comparison, console: Console) -> None:
    _print(console, f"\n[bold]Movers[/] [dim]{window(comparison)}[/]")
    if comparison.movers:
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("company", overflow="fold")
        for name in ("p50", "change", "same openings", "mix", "FX", "reading"):
            table.add_column(name, justify="right")
        for mover in comparison.movers[:SHOWN_MOVERS]:
            colour = "green" if mover.delta > 0 else "red"
            split = mover.split
            parts = [change(part) for part in (split.same, split.mix, split.fx, split.reading)]
            table.add_row(terminal(mover.name), money(mover.after), f"[{colour}]{change(mover.delta)}[/]", *parts)
        _print(console, table)
    else:
        _print(console, "no median moved")
    for title, names in (("New entrants", comparison.entrants), ("Left", comparison.leavers)):
        if names:
            _print(console, f"[bold]{title}[/] {terminal(', '.join(names))}")


def _print_trust(report: LeadersReport, console: Console) -> None:
    _print(console, "\n[bold]How far to trust it[/]")
    mix = ", ".join(f"{count} {name}" for name, count in sorted(report.evidence.items())) or "none"
    share = f"{report.states_pay / report.open_roles:.0%}" if report.open_roles else "–"
    facts = [
        f"figures: {mix}; {report.states_pay} of {report.open_roles} open roles here state pay ({share})",
        f"boards: {report.boards_covered} read completely, {len(report.missing)} missing",
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
