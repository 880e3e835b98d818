"""What is sent to the analyst, as plain text: every word of a posting made harmless, one thing a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from textwrap import shorten

from job_hunter.domain.alerts import Crossing, Find, Opening
from job_hunter.domain.leaders import Comparison, LeadersReport, change, money
from job_hunter.domain.message import Message, harmless
from job_hunter.report.render import opening_change, render_html, scope, window

NEW_ROLES_SHOWN = 50
SHOWN_LEADERS, SHOWN_MOVERS = 10, 5


def render_alert(
    on: date, location: str, threshold_gbp: float, crossings: Sequence[Crossing], news: int, finds: Sequence[Find]
) -> Message:
    """The alert: every company at or above the threshold, those newly there marked, and the openings found.

    `news` is how many of the companies the analyst is told of for the first time.
    """
    parts = []
    if news:
        parts.append(f"{_count(news, 'company', 'companies')} at {money(threshold_gbp)} or more")
    if finds:
        parts.append(_count(len(finds), "new opening", "new openings"))
    lines = []
    if crossings:
        lines += [f"Median pay of {money(threshold_gbp)} a year or more in {harmless(location)} on {on}:", ""]
        lines += [_crossing(crossing) for crossing in crossings] + [""]
        if any(crossing.leader.n_points_reported for crossing in crossings):
            lines += ["Some of these figures are self-reported. Data: Levels.fyi", ""]
    if finds:
        lines += ["New openings that your saved searches ask for:", ""]
        for find in finds:
            lines += [*_opening(find.opening), f"  found by: {harmless('; '.join(find.searches))}", ""]
    return Message(f"{harmless(location)}: {' and '.join(parts) or 'nothing new'}", "\n".join(lines).rstrip() + "\n")


def render_digest(report: LeadersReport, roles: Sequence[Opening]) -> Message:
    """The weekly digest: the report in short, the week's new roles, and the whole report attached as one page."""
    shown = roles[:NEW_ROLES_SHOWN]
    lines = [f"{harmless(report.headline)}.", f"{harmless(scope(report))}, snapshot of {report.snapshot_date}", ""]
    for leader in report.leaders[:SHOWN_LEADERS]:
        week = opening_change(leader)
        known = "openings unknown" if leader.open_roles is None else f"{leader.open_roles} open"
        openings = known + (f" ({week})" if week else "")
        confidence = ", low confidence" if leader.is_low_confidence else ""
        lines.append(
            f"{leader.rank:>3}. {harmless(leader.name)}: {money(leader.p50)} from "
            f"{_count(leader.n, 'figure', 'figures')}{confidence}, {openings}"
        )
    if report.leaders:
        lines.append("")
    for comparison in report.comparisons[:1]:
        lines += [*_comparison(comparison), ""]
    if report.missing:
        names = ", ".join(harmless(board.company) for board in report.missing)
        lines += [f"Not read completely: {names}. Missing is not zero.", ""]
    lines += [harmless(caveat) for caveat in report.caveats] + [""] * bool(report.caveats)
    lines.append(_new_roles_title(len(shown), len(roles)) + (":" if shown else "."))
    for opening in shown:
        lines += ["", *_opening(opening)]
    subject = shorten(f"Market leaders of {report.snapshot_date} · {harmless(report.headline)}", 160, placeholder=" …")
    page = render_html(report, new_roles=shown, new_roles_title=_new_roles_title(len(shown), len(roles)))
    return Message(subject, "\n".join(lines) + "\n", page, f"leaders-{report.snapshot_date}.html")


def _new_roles_title(shown: int, total: int) -> str:
    if not total:
        return "No new roles this week"
    return f"The week's new roles ({total})" if shown == total else f"The week's new roles ({shown} of {total})"


def _crossing(crossing: Crossing) -> str:
    leader = crossing.leader
    figures = _count(leader.n, "figure", "figures") + (", low confidence" if leader.is_low_confidence else "")
    figures += ", its board was not read" if leader.is_unread else ""
    if crossing.is_new:
        since = f"crossed on {crossing.since}"
    elif crossing.below_on:
        since = f"since {crossing.since}"
    else:
        since = f"since {crossing.since} or earlier"
    return f"{'NEW ' if crossing.is_new else ''}{harmless(leader.name)}: {money(leader.p50)} ({figures}; {since})"


def _opening(opening: Opening) -> Iterator[str]:
    about = [harmless(opening.company), harmless(opening.location) or None, opening.level and opening.level.value]
    pay = money(opening.pay_gbp) if opening.pay_gbp is not None else None
    yield harmless(opening.title)
    yield "  " + " · ".join(part for part in (*about, pay) if part)
    if opening.apply_url:
        yield f"  {harmless(opening.apply_url).replace(' ', '%20')}"


def _comparison(comparison: Comparison) -> Iterator[str]:
    yield f"Movers {window(comparison)}:" if comparison.movers else f"No median moved {window(comparison)}."
    for mover in comparison.movers[:SHOWN_MOVERS]:
        why = "our reading changed, not the market" if mover.split.is_ours else f"mostly {mover.split.cause}"
        few = ", low confidence" if mover.is_low_confidence else ""
        yield f"  {harmless(mover.name)}: {change(mover.delta)} to {money(mover.after)}{few}; {why}"
    for title, names in (("New entrants", comparison.entrants), ("Left", comparison.leavers)):
        if names:
            yield f"{title}: {_joined(names)}"


def _joined(names: Iterable[str]) -> str:
    return ", ".join(harmless(name) for name in names)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
