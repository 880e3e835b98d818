"""One board of each fault: only it is skipped, with the contract's log line and the right number of requests."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from tests.usecases.conftest import Market

FAULTS = [
    # fault, its options, status in the ledger, HTTP status, requests, the reason in the warning (None: no skip)
    ("not_found", {}, "skipped", 404, 1, "HTTP 404"),
    ("gone", {}, "skipped", 410, 1, "HTTP 410"),
    ("forbidden", {}, "skipped", 403, 1, "HTTP 403"),
    ("rate_limited", {"retry_after": 7}, "skipped", 429, 2, "HTTP 429"),
    ("error", {}, "skipped", 500, 2, "HTTP 500"),
    ("hang", {}, "skipped", None, 2, ""),
    ("cut", {}, "skipped", None, 2, ""),
    ("truncated", {}, "skipped", 200, 1, ""),
    ("not_json", {}, "skipped", 200, 1, ""),
    ("wrong_shape", {}, "skipped", 200, 1, ""),
    ("gzip_bomb", {}, "skipped", None, 1, ""),
    ("redirect_foreign", {}, "skipped", 302, 1, ""),
    ("error_once", {}, "complete", 200, 2, None),
    ("wrong_total", {}, "partial", 200, 1, None),
    ("bad_record", {}, "complete", 200, 1, None),
    ("redirect_host", {}, "complete", 200, 2, None),
]


async def test_one_board_of_each_fault(make_market: Callable[..., Market], caplog: pytest.LogCaptureFixture) -> None:
    """Every other board is stored, the ledger and the log name the faulty ones, the server counted the requests."""
    caplog.set_level(logging.WARNING)
    market = make_market(companies=60, max_openings=6)
    boards = [company for company in market.companies if company.ats_type == "greenhouse"]
    assert len(boards) > len(FAULTS)
    faulty = dict(zip(FAULTS_BY_NAME, boards, strict=False))
    for name, company in faulty.items():
        market.sandbox.fault(name, board=company.ats_id, **FAULTS_BY_NAME[name][0])
    summary = await market.refresh()
    assert not summary.is_failed
    by_slug = {result.company_slug: result for result in summary.results}
    for name, company in faulty.items():
        _, status, http_status, requests, reason = FAULTS_BY_NAME[name]
        result = by_slug.pop(company.slug)
        asked = len(market.sandbox.requests(board=company.ats_id))
        assert (name, status, requests) == (name, result.status.value, asked)
        if http_status is not None:
            assert (name, http_status) == (name, result.http_status)
        lines = [record.getMessage() for record in caplog.records if f"company={company.slug} " in record.getMessage()]
        if reason is not None:
            assert any(line.startswith(f"ats: skipping company={company.slug} — {reason}") for line in lines), name
            assert result.message
    assert {"complete"} == {result.status.value for result in by_slug.values()}
    assert 7.0 in market.slept


FAULTS_BY_NAME = {name: tuple(rest) for name, *rest in FAULTS}
