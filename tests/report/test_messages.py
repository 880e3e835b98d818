"""What alerts and the digest say."""

from __future__ import annotations

from dataclasses import replace

from job_hunter.domain.alerts import find_crossings
from job_hunter.domain.trends import DeltaSplit
from job_hunter.report.messages import NEW_ROLES_SHOWN, render_alert, render_digest
from tests.companions.screens.stress import NAMES, ON, stress_report, stress_roles


def test_the_digest_names_leaders_movers_missing_boards_and_new_roles() -> None:
    """With what is needed to trust them; the subject fits a line however long the names are."""
    report = stress_report()
    message = render_digest(report, stress_roles())
    assert len(message.subject) <= 160
    assert f"  4. {NAMES[3]}: £312k from 58 figures, 250 open (±0)" in message.text
    assert "figures, low confidence, 111 open" in message.text
    assert f"  {NAMES[3]}: −£124k to £876k; mostly the same openings" in message.text
    assert "Not read completely: Acme, " in message.text
    assert "The week's new roles (12):" in message.text
    assert "https://example.org/apply/11" in message.text
    assert message.attachment == f"leaders-{ON}.html"


def test_the_digest_says_of_a_move_that_it_is_ours() -> None:
    """A median that our own reading moved is not told as the market's."""
    report = stress_report()
    week = report.comparisons[0]
    mover = replace(week.movers[0], split=DeltaSplit(same=0, mix=0, fx=0, reading=week.movers[0].delta))
    ours = replace(report, comparisons=(replace(week, movers=(mover, *week.movers[1:])), *report.comparisons[1:]))
    said = "; our reading changed, not the market"
    texts = [render_digest(one, []).text for one in (report, ours)]
    assert [text.count(said) for text in texts] == [0, 1]


def test_no_more_than_fifty_roles_are_listed_and_the_rest_are_counted() -> None:
    """In the text and in the page."""
    roles = [replace(stress_roles()[1], title=f"Role number {n}.") for n in range(NEW_ROLES_SHOWN + 7)]
    message = render_digest(stress_report(), roles)
    assert message.html is not None
    for shown in (message.text, message.html):
        assert "(50 of 57)" in shown
        assert shown.count("Role number ") == NEW_ROLES_SHOWN == 50


def test_without_new_roles_the_digest_says_so() -> None:
    """In one line."""
    assert render_digest(stress_report(), []).text.endswith("No new roles this week.\n")


def test_the_alert_credits_levels_fyi_only_where_its_figures_are_shown() -> None:
    """Reported figures are self-reported, and whose they are is said."""
    report = stress_report()
    own = replace(report, leaders=tuple(replace(leader, n_points_reported=0) for leader in report.leaders))
    texts = [render_alert(ON, "london", 1.0, find_crossings(r, 1.0), 1, ()).text for r in (report, own)]
    assert ["Data: Levels.fyi" in text for text in texts] == [True, False]
