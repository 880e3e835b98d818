"""alert: tell of companies that pay above a threshold, and of openings that a saved search finds."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Annotated, Any

import typer

from job_hunter.cli import support
from job_hunter.cli.support import Format, out
from job_hunter.config import load_alerts
from job_hunter.config.alerts import with_remote
from job_hunter.domain.alerts import AlertRules
from job_hunter.domain.message import Delivered
from job_hunter.errors import ConfigError, DeliveryFailed, UsageError
from job_hunter.notify import open_addresses
from job_hunter.runtime import load_readings, open_runtime
from job_hunter.settings import Settings
from job_hunter.usecases.alert import News, alert, find_news
from job_hunter.usecases.deliver import Outbox


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("alert", epilog="Example: job-hunter alert --threshold 500000 --location london --stdout")(
        alert_command
    )


def alert_command(
    threshold: Annotated[
        float | None, typer.Option(help="The p50 to tell of, pounds a year; that of alerts.yaml by default.")
    ] = None,
    location: Annotated[
        str | None,
        typer.Option("--location", "--place", help="A bucket of locations.yaml; that of alerts.yaml by default."),
    ] = None,
    stdout: Annotated[bool, typer.Option("--stdout", help="Show what would be sent, and send nothing.")] = False,
    output: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TABLE,
) -> None:
    """Tell of companies whose p50 reaches a threshold, and of new openings that a saved search finds; once each.

    What an address of JOB_HUNTER_NOTIFY_URLS did not take is kept and tried again by the next run; exit code 1 then.
    """
    settings = support.load_settings()
    news, delivered = support.run(_work(settings, threshold, location, preview=stdout))
    if output is Format.JSON:
        support.print_json(_data(news, delivered))
    elif stdout:
        message = news.message
        shown = f"{message.subject}\n\n{message.text.rstrip()}" if message else f"nothing to send; {news.sentence()}"
        out.print(shown, markup=False)
    else:
        out.print(news.sentence(), markup=False)
        if delivered is not None and not delivered.waiting:
            out.print(delivered.sentence(), markup=False)
    if delivered is not None and delivered.waiting:
        with support.foreseen():
            raise DeliveryFailed(delivered.sentence())


async def _work(
    settings: Settings, threshold: float | None, location: str | None, *, preview: bool
) -> tuple[News, Delivered | None]:
    rules = _rules(settings, threshold, location)
    if preview:
        async with open_runtime(settings) as runtime:
            return await find_news(runtime.db, rules, at=support.now()), None
    if not settings.notify_urls:
        raise ConfigError(
            "JOB_HUNTER_NOTIFY_URLS is not set: give an address of apprise, such as ntfy://ntfy.sh/topic, "
            "or use --stdout"
        )
    addresses = open_addresses(settings.notify_urls)
    async with open_runtime(settings) as runtime:
        return await alert(runtime.db, rules, Outbox(addresses, support.now))


def _rules(settings: Settings, threshold: float | None, location: str | None) -> AlertRules:
    """The rules of alerts.yaml, with what the command line says otherwise."""
    buckets = load_readings(settings.config_dir).gazetteer.buckets
    rules = load_alerts(settings.config_dir, buckets=buckets)
    if threshold is not None and not 1 <= threshold <= support.MOST * 1000:
        raise UsageError(f"--threshold: {threshold:.6g} is no yearly pay in pounds; give one such as 500000")
    if location is not None:
        support.check_choice("--location", location, with_remote(buckets))
    return replace(
        rules,
        threshold_gbp=rules.threshold_gbp if threshold is None else threshold,
        location=rules.location if location is None else location,
    )


def _data(news: News, delivered: Delivered | None) -> dict[str, Any]:
    """What was found and what became of it, for other programs."""
    told = {crossing.leader.slug for crossing in news.untold}
    return {
        "snapshot_date": news.on,
        "location": news.rules.location,
        "threshold_gbp": news.rules.threshold_gbp,
        "companies": [
            {
                "slug": crossing.leader.slug,
                "name": crossing.leader.name,
                "p50_gbp": crossing.leader.p50,
                "n": crossing.leader.n,
                "low_confidence": crossing.leader.is_low_confidence,
                "since": crossing.since,
                "newly_crossed": crossing.is_new,
                "to_tell": crossing.leader.slug in told,
            }
            for crossing in news.crossings
        ],
        "openings": [{**asdict(find.opening), "searches": find.searches} for find in news.finds],
        "delivery": None if delivered is None else asdict(delivered),
    }
