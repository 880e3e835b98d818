"""The report for a reader: markdown for Prefect, one HTML page, JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

import orjson

from job_hunter.domain.alerts import Opening
from job_hunter.domain.leaders import Comparison, Leader, LeadersReport, Mover, change, money, to_data
from job_hunter.domain.trends import sparkline
from job_hunter.report import charts, escape

if TYPE_CHECKING:  # a twentieth of a second, and most programs render no page
    from jinja2 import Environment
    from markupsafe import Markup

SHOWN_MOVERS = 8
SLACK_DAYS = 3
"""A run some days early or late is still the week's."""


def evidence(leader: Leader) -> str:
    """What stands behind a p50, in words: `12 posted`, `3 posted + 2 reported (40 people)`."""
    parts = [f"{leader.n_posted} posted"] if leader.n_posted else []
    if leader.n_points_reported:
        people = "" if leader.n_reported is None else f" ({leader.n_reported} people)"
        parts.append(f"{leader.n_points_reported} reported{people}")
    return " + ".join(parts)


def short_evidence(leader: Leader) -> str:
    """The same where there is no room: `12p`, `3p+2r`."""
    counts = ((leader.n_posted, "p"), (leader.n_points_reported, "r"))
    return "+".join(f"{count}{mark}" for count, mark in counts if count)


def figures(leader: Leader) -> str:
    """How many figures stand behind its p50, and how many of them differ: 58 openings with one band are one datum."""
    return str(leader.n) if leader.distinct >= leader.n else f"{leader.n} ({leader.distinct} different)"


def openings(value: int | None) -> str:
    """A number of open roles; a dash where the board was not read, because missing is not zero."""
    return "–" if value is None else str(value)


def more_movers(comparison: Comparison) -> str:
    """How many of the movers are shown, empty when all are."""
    count = len(comparison.movers)
    return f"{SHOWN_MOVERS} of {count}, the largest first" if count > SHOWN_MOVERS else ""


def spread(leader: Leader) -> str:
    """The middle half of its figures, a dash where there are too few."""
    return f"{money(leader.p25)}–{money(leader.p75)}" if leader.p25 is not None else "–"


def opening_change(leader: Leader) -> str:
    """The change of its open roles over the week, empty when it is not known."""
    if leader.open_before is None or leader.open_roles is None:
        return ""
    return f"{leader.open_roles - leader.open_before:+d}".replace("-", "−").replace("+0", "±0")


def percent(value: float | None) -> str:
    """A share in per cent."""
    return "–" if value is None else f"{value:.0%}"


def before_and_after(mover: Mover) -> str:
    """Both medians of a mover: `£111k → £157k`."""
    return f"{money(mover.before)} → {money(mover.after)}"


def figures_then(mover: Mover) -> str:
    """How many figures stand behind both: `3 → 4`, and `3` when it is the same number."""
    return str(mover.n_after) if mover.n_before == mover.n_after else f"{mover.n_before} → {mover.n_after}"


def window(comparison: Comparison) -> str:
    """What a comparison covers, in words."""
    weeks = "a week" if comparison.weeks == 1 else f"{comparison.weeks} weeks"
    if comparison.days is not None and abs(comparison.days - 7 * comparison.weeks) > SLACK_DAYS:
        weeks = f"{comparison.days} days"
    reach = f"since {comparison.before}"
    return f"{reach}, the earliest snapshot" if comparison.is_short else f"over {weeks}, {reach}"


def scope(report: LeadersReport) -> str:
    """What was asked, in words."""
    asked = report.question
    level = f"{asked.level} roles" if asked.level else "all levels"
    return f"{asked.location}, {level} in {' + '.join(asked.families)}"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("job_hunter.report"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "md": escape.markdown,
        "title": partial(escape.markdown, longest_word=20),
        "cell": escape.markdown_cell,
        "text": escape.printable,
        "money": money,
        "change": change,
        "evidence": evidence,
        "spread": spread,
        "openings": openings,
        "opening_change": opening_change,
        "figures": figures,
        "more": more_movers,
        "percent": percent,
        "before_and_after": before_and_after,
        "figures_then": figures_then,
        "words": escape.html,
        "tick": charts.tick_text,
        "window": window,
        "spark": sparkline,
    }
    return environment


def render_markdown(report: LeadersReport) -> str:
    """GitHub-flavoured markdown with tables, sparklines and one chart as an image."""
    template = _environment().get_template("leaders.md.j2")
    chart = charts.data_uri(charts.bars(report)) if report.leaders else None
    return template.render(report=report, scope=scope(report), chart=chart, shown_movers=SHOWN_MOVERS)


def render_html(report: LeadersReport, *, new_roles: Sequence[Opening] = (), new_roles_title: str = "") -> str:
    """One page in one file, without any request; readable on a phone and on paper, in light and dark.

    With a `new_roles_title` the week's new roles follow, with links to apply.
    """
    from markupsafe import Markup

    template = _environment().get_template("leaders.html.j2")

    pay, trend = (charts.pay_scale(report), charts.trend_scale(report)) if report.leaders else (None, None)

    def panel(leader: Leader) -> Markup:
        assert trend is not None
        return Markup(charts.panel(leader, report.dates, trend))  # noqa: S704 made by us, every text in it escaped

    def at(value: float, start: float = 0.0) -> str:
        assert pay is not None
        return f"{pay.share(value) - pay.share(start):.1%}"

    return template.render(
        report=report,
        scope=scope(report),
        panel=panel,
        at=at,
        ticks=pay.ticks if pay else (),
        shown_movers=SHOWN_MOVERS,
        new_roles=new_roles,
        new_roles_title=new_roles_title,
    )


def render_json(report: LeadersReport) -> str:
    """Exact figures for other programs; the schema is in docs/report-schema.md."""
    return orjson.dumps(to_data(report), option=orjson.OPT_INDENT_2).decode()
