"""Captured answers of the real boards, served on loopback and refreshed through the flow."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from job_hunter.config import default_config_dir
from tests.flows.conftest import RunFlow
from tests.tables import contents
from tests.usecases.conftest import Market

PREFIXES = {"greenhouse": "/v1/boards/", "lever": "/v0/postings/", "ashby": "/posting-api/job-board/"}


def _captures() -> dict[str, dict[str, bytes]]:
    root = Path(os.environ["JOB_HUNTER_REAL_PAYLOADS"])
    found: dict[str, dict[str, bytes]] = {}
    for source in PREFIXES:
        seen: set[object] = set()
        for path in sorted((root / source).glob("*.json")):
            payload = json.loads(path.read_bytes())
            records = payload if isinstance(payload, list) else payload["jobs"]
            # Several captures of one board hold the same opening on different days: on live boards an id is on one.
            fresh = [record for record in records if record["id"] not in seen]
            seen.update(record["id"] for record in records)
            if len(fresh) < len(records):
                payload = fresh if isinstance(payload, list) else {**payload, "jobs": fresh}
            found.setdefault(source, {})[path.stem.replace("_", "-")] = json.dumps(payload).encode()
    return found


def _listed(body: bytes) -> int:
    payload = json.loads(body)
    records = payload if isinstance(payload, list) else payload["jobs"]
    return sum(record.get("isListed", True) for record in records)


def _is_cut(body: bytes) -> bool:
    """Whether the capture holds fewer postings than it says: those boards are partial, and have no snapshot rows."""
    payload = json.loads(body)
    return isinstance(payload, dict) and payload.get("meta", {}).get("total", len(payload["jobs"])) != len(
        payload["jobs"]
    )


@contextmanager
def _served(boards: dict[str, dict[str, bytes]]) -> Iterator[str]:
    pages = {
        PREFIXES[source] + token + ("/jobs" if source == "greenhouse" else ""): body
        for source, tokens in boards.items()
        for token, body in tokens.items()
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path.partition("?")[0])
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()


@pytest.mark.real
@pytest.mark.skipif("JOB_HUNTER_REAL_PAYLOADS" not in os.environ, reason="JOB_HUNTER_REAL_PAYLOADS is not set")
async def test_every_posting_becomes_a_role_and_a_second_run_changes_nothing(market: Market, run_flow: RunFlow) -> None:
    """As many roles as listed postings, no rejects, one snapshot row a role; the second run writes nothing new."""
    boards = _captures()
    entries = [
        f"- {{slug: {source}-{token}, display_name: {token}, ats_type: {source}, ats_id: {token}, sector: other}}"
        for source, tokens in boards.items()
        for token in tokens
    ]
    (market.config_dir / "companies.yaml").write_text("\n".join(entries) + "\n", encoding="utf-8")
    (market.config_dir / "locations.yaml").write_bytes((default_config_dir() / "locations.yaml").read_bytes())
    with _served(boards) as url:
        env = {f"JOB_HUNTER_{name}_BASE_URL": url for name in ("GREENHOUSE", "LEVER", "ASHBY")}
        first = run_flow(market, "-m", "flows.refresh", "ats", **env)
        assert first.returncode == 0, first.stdout + first.stderr
        before = await contents(market.dsn)
        ctids = await market.rows("SELECT source, external_id, ctid::text FROM job_hunter.roles ORDER BY 1, 2")
        second = run_flow(market, "-m", "flows.refresh", "ats", **env)
        assert second.returncode == 0, second.stdout + second.stderr
    expected = {(source, token): _listed(body) for source, tokens in boards.items() for token, body in tokens.items()}
    stored = await market.rows("SELECT source, board, count(*) FROM job_hunter.roles GROUP BY 1, 2")
    ids = await market.value("SELECT count(*) FROM job_hunter.roles")
    cut = {(source, token) for source, tokens in boards.items() for token, body in tokens.items() if _is_cut(body)}
    assert cut == set(
        await market.rows("SELECT DISTINCT source, board FROM job_hunter.board_fetches WHERE status = 'partial'")
    )
    whole = sum(count for source, board, count in stored if (source, board) not in cut)
    assert sum(count for _, _, count in stored) == ids
    assert whole == len(before["roles_snapshots"])
    fetched = await market.rows("SELECT DISTINCT source, board, postings, rejected FROM job_hunter.board_fetches")
    assert expected == {(source, board): postings for source, board, postings, _ in fetched}
    assert {0} == {rejected for *_, rejected in fetched}
    after = await contents(market.dsn)
    for table in ("roles", "role_places", "comp_points", "roles_snapshots", "comp_snapshots", "role_events"):
        assert before[table] == after[table], table
    assert ctids == await market.rows("SELECT source, external_id, ctid::text FROM job_hunter.roles ORDER BY 1, 2")
