"""Counters and one histogram in Prometheus' text format, without a library."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds, in seconds."""


@dataclass(slots=True)
class Metrics:
    """What the receiver counts. Nothing of a change, a page or a token is in it."""

    answers: Counter[int] = field(default_factory=Counter)
    stored: int = 0
    duplicates: int = 0
    failed_logins: int = 0
    announced: int = 0
    failed_announcements: int = 0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0

    def observe(self, status: int, seconds: float) -> None:
        """Count one answer of the webhook."""
        self.answers[status] += 1
        self.seconds += seconds
        self.buckets[bisect_left(BUCKETS, seconds)] += 1

    def render(self, waiting: Mapping[str, int] | None) -> str:
        """The text of `GET /metrics`; `waiting` is None when the inbox could not be asked."""
        return "\n".join(self._lines(waiting)) + "\n"

    def _lines(self, waiting: Mapping[str, int] | None) -> Iterator[str]:
        yield from _head("webhook_answers_total", "counter", "Answers of the webhook by HTTP status.")
        yield from (f'job_hunter_webhook_answers_total{{status="{s}"}} {n}' for s, n in sorted(self.answers.items()))
        for name, value, meaning in (
            ("webhook_changes_stored_total", self.stored, "Changes stored for the first time."),
            ("webhook_changes_repeated_total", self.duplicates, "Changes that were stored before."),
            ("webhook_failed_logins_total", self.failed_logins, "Requests without a valid token."),
            ("webhook_events_sent_total", self.announced, "Changes that Prefect took the event of."),
            ("webhook_event_failures_total", self.failed_announcements, "Times Prefect did not take the events."),
        ):
            yield from _head(name, "counter", meaning)
            yield f"job_hunter_{name} {value}"
        yield from _head("webhook_seconds", "histogram", "Seconds to answer the webhook.")
        total = 0
        for bound, count in zip((*map(str, BUCKETS), "+Inf"), self.buckets, strict=True):
            total += count
            yield f'job_hunter_webhook_seconds_bucket{{le="{bound}"}} {total}'
        yield f"job_hunter_webhook_seconds_sum {self.seconds:.6f}"
        yield f"job_hunter_webhook_seconds_count {total}"
        yield from _head("database_up", "gauge", "Whether the inbox can be read.")
        yield f"job_hunter_database_up {int(waiting is not None)}"
        for key, meaning in (("unsent", "Changes that Prefect was not told of."), ("unread", "Changes not ingested.")):
            if waiting is not None:
                yield from _head(f"changes_{key}", "gauge", meaning)
                yield f"job_hunter_changes_{key} {waiting[key]}"


def _head(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP job_hunter_{name} {meaning}"
    yield f"# TYPE job_hunter_{name} {kind}"
