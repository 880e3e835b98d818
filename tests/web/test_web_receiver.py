"""The receiver takes what changedetection.io sends, keeps it before it says so, and lets nobody else in."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from sqlalchemy import text

from job_hunter.storage.database import Database
from job_hunter.web import server as web_server
from tests.web.conftest import PAGE, PREVIOUS, TOKEN, UUID_A, FakePrefect, Process, Running, body, notification, running

DEFAULT_TEXT = f"{PAGE} had a change.\n---\n(added) Data Engineer - London\n---\n"
WRAPPED = {"version": "1.0", "title": "changed", "attachments": [], "type": "info"}
NOTICE = (
    f"Hello,\n\nYour configured CSS/xPath filters of '.jobs' for {PAGE} did not appear on the page after 6 attempts."
    "\n\n"
    f"Edit link: http://127.0.0.1:5000/edit/{UUID_A}\n"
)


@pytest.fixture
async def receiver(dsn: str) -> AsyncIterator[Running]:
    """A receiver without Prefect."""
    async with running(dsn) as server:
        yield server


ACCEPTED: dict[str, tuple[bytes, str | None]] = {
    "raw": (body(), None),
    "raw with a content type": (body(), "application/json; charset=utf-8"),
    "raw with a foreign content type": (body(), "text/plain"),
    "wrapped": (json.dumps({**WRAPPED, "message": json.dumps(notification())}).encode(), "application/json"),
    "form": (urlencode({**WRAPPED, "message": json.dumps(notification())}).encode(), None),
    "form with a content type": (
        urlencode({"message": json.dumps(notification())}).encode(),
        "application/x-www-form-urlencoded",
    ),
    "default text": (DEFAULT_TEXT.encode(), None),
    "default text, wrapped": (json.dumps({**WRAPPED, "message": DEFAULT_TEXT}).encode(), None),
    "notice": (NOTICE.encode(), None),
    "small template": (json.dumps({"watch_url": PAGE, "diff": "(added) x"}).encode(), None),
    "empty diff": (json.dumps({"watch_url": PAGE, "diff": ""}).encode(), None),
}


@pytest.mark.parametrize("name", ACCEPTED)
async def test_every_wrapping_is_taken(receiver: Running, name: str) -> None:
    """The raw body, the wrapped one and the form are taken, whatever Content-Type they bear, and are in the inbox."""
    content, kind = ACCEPTED[name]
    headers = {**receiver.headers, **({"Content-Type": kind} if kind else {})}
    answer = await receiver.post(content, headers=headers)
    assert answer.status_code == 202, answer.text
    (row,) = await receiver.rows()
    assert answer.json() == {"status": "accepted", "change": row["id"], "new": True}
    assert row["watch_url"] == PAGE
    assert row["processed_at"] is None
    assert row["body"]["kind"] == ("notice" if name == "notice" else "change")


async def test_one_change_by_three_ways_is_one_row(receiver: Running) -> None:
    """Watch and time of the change are the key: raw, wrapped and form are one change."""
    answers = [await receiver.post(ACCEPTED[name][0]) for name in ("raw", "wrapped", "form", "raw")]
    assert [answer.status_code for answer in answers] == [202] * 4
    assert [answer.json()["new"] for answer in answers] == [True, False, False, False]
    assert len(await receiver.rows()) == 1
    assert len({answer.json()["change"] for answer in answers}) == 1


async def test_two_changes_of_a_second_apart_are_two(receiver: Running) -> None:
    """Another time is another change, though the words are the same."""
    for n in (0, 1):
        await receiver.post(body(n))
    assert len(await receiver.rows()) == 2


REFUSED = {
    "empty": b"",
    "blanks": b"  \n ",
    "not UTF-8": b'{"watch_url": "\xff\xfe", "diff": ""}',
    "truncated": body()[:-20],
    "naive quotes": f'{{"watch_url": "{PAGE}", "diff": "(added) a\n(added) "b""}}'.encode(),
    "nested": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "brackets": b"[" * 200_000,
    "a list": b"[1, 2]",
    "no watch": b'{"diff": "(added) x"}',
    "no text": json.dumps({"watch_url": PAGE}).encode(),
    "a number for an address": b'{"watch_url": 7, "diff": "x"}',
    "message within message": json.dumps({"message": json.dumps({"message": "{}"})}).encode(),
    "prose": b"hello there",
    "SOAP": b"<?xml version='1.0'?><soapenv:Envelope/>",
    "many fields": b"message=x&" + b"&".join(b"f%d=1" % n for n in range(500)),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_no_notification_is_refused_and_kept(receiver: Running, name: str) -> None:
    """422 with one clause, and the body is in the inbox for whoever looks, once."""
    for _ in range(2):
        answer = await receiver.post(REFUSED[name])
        assert answer.status_code == 422
        assert list(answer.json()) == ["reason"]
        assert "\n" not in answer.json()["reason"]
    (row,) = await receiver.rows()
    assert (row["outcome"], row["message"]) == ("refused", answer.json()["reason"])
    assert row["processed_at"] is not None


STRANGERS: dict[str, list[tuple[str, str]]] = {
    "no header": [],
    "empty": [("Authorization", "")],
    "scheme only": [("Authorization", "Bearer")],
    "wrong": [("Authorization", "Bearer wrong")],
    "similar": [("Authorization", f"Bearer {TOKEN[:-1]}x")],
    "a prefix of it": [("Authorization", f"Bearer {TOKEN[:-1]}")],
    "it with more": [("Authorization", f"Bearer {TOKEN}x")],
    "prefixed": [("Authorization", f"Bearer x{TOKEN}")],
    "twice a blank": [("Authorization", f"Bearer  {TOKEN}")],
    "upper case": [("Authorization", f"Bearer {TOKEN.upper()}")],
    "scheme in lower case": [("Authorization", f"bearer {TOKEN}")],
    "no scheme": [("Authorization", TOKEN)],
    "basic": [("Authorization", f"Basic {TOKEN}")],
    "two headers": [("Authorization", f"Bearer {TOKEN}"), ("Authorization", f"Bearer {TOKEN}")],
    "right after wrong": [("Authorization", "Bearer x"), ("Authorization", f"Bearer {TOKEN}")],
    "both in one": [("Authorization", f"Bearer x, Bearer {TOKEN}")],
    "oversized": [("Authorization", "Bearer " + "x" * 30_000)],
    "in another header": [("X-Authorization", f"Bearer {TOKEN}")],
}


@pytest.mark.parametrize("name", STRANGERS)
async def test_a_stranger_gets_in_nowhere(receiver: Running, name: str) -> None:
    """401 for everything but exactly the token; nothing is stored, not even what was sent."""
    answer = await receiver.client.post(f"{receiver.url}/webhook/cdio", content=body(), headers=STRANGERS[name])
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert await receiver.rows() == []


async def test_bytes_that_are_no_text_as_token(receiver: Running) -> None:
    """Bytes above ASCII in the header are a wrong token and no accident."""
    address = urlsplit(receiver.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(
        b"POST /webhook/cdio HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\xe4\r\nContent-Length: 0\r\n\r\n"
    )
    assert b" 401 " in await reader.readline()
    writer.close()


async def test_a_token_in_the_query_opens_nothing(receiver: Running) -> None:
    """Only the header counts: addresses end up in logs."""
    answer = await receiver.client.post(
        f"{receiver.url}/webhook/cdio", params={"+Authorization": f"Bearer {TOKEN}"}, content=body()
    )
    assert answer.status_code == 401


async def test_the_token_before_it_is_still_taken(receiver: Running) -> None:
    """During a rotation both are good."""
    answer = await receiver.post(body(), headers={"Authorization": f"Bearer {PREVIOUS}"})
    assert answer.status_code == 202


async def test_failed_logins_are_limited_and_good_ones_never(receiver: Running) -> None:
    """After thirty failures a stranger gets 429; the same address with the token is taken all the same."""
    statuses = [(await receiver.post(body(), headers={"Authorization": "Bearer guess"})).status_code for _ in range(40)]
    assert statuses == [401] * 30 + [429] * 10
    assert (await receiver.post(body())).status_code == 202


def _head(length: int) -> bytes:
    lines = ("POST /webhook/cdio HTTP/1.1", "Host: x", f"Authorization: Bearer {TOKEN}", f"Content-Length: {length}")
    return "\r\n".join((*lines, "", "")).encode()


async def _chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 100_000):
        yield b"x" * 100_000


async def test_too_large_is_refused_before_it_is_read(dsn: str) -> None:
    """413 for a declared length and for a body that grows beyond the cap without one."""
    async with running(dsn, max_bytes=300_000) as receiver:
        declared = await receiver.post(b"x" * 400_000)
        assert declared.status_code == 413
        grown = await receiver.post(_chunks(900_000))
        assert grown.status_code == 413
        assert "300000" in grown.json()["reason"]
        assert await receiver.rows() == []
        assert (await receiver.post(body())).status_code == 202


async def test_a_client_that_dawdles_is_let_go(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that does not come is answered with 408, a head that does not come ends the connection; others go on."""
    monkeypatch.setattr(web_server, "HEADER_SECONDS", 0.3)
    async with running(dsn, body_seconds=0.3) as receiver:
        address = urlsplit(receiver.url)
        slow_body = await asyncio.open_connection(address.hostname, address.port)
        slow_head = await asyncio.open_connection(address.hostname, address.port)
        slow_body[1].write(_head(900) + b"{")
        slow_head[1].write(b"POST /webhook/cdio HT")
        assert (await receiver.post(body())).status_code == 202
        assert b" 408 " in await slow_body[0].readline()
        assert await slow_head[0].read() == b""
        for _, writer in (slow_body, slow_head):
            writer.close()
        assert len(await receiver.rows()) == 1


async def test_a_client_that_hangs_up_leaves_nothing(receiver: Running) -> None:
    """Half a body and a closed connection: no row, no harm."""
    address = urlsplit(receiver.url)
    _, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(_head(900) + b"{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await receiver.post(body())).status_code == 202
    assert len(await receiver.rows()) == 1


async def test_markup_and_control_characters_are_kept_harmless(receiver: Running, caplog: Any) -> None:
    """What Postgres cannot hold is left out, the rest is kept as data; the log has one line and none of it."""
    nasty = "<script>alert(1)</script>\u0000\u001b[31m'; DROP TABLE roles; -- {{ 7*7 }} \ud83d"
    caplog.set_level(logging.INFO)
    content = json.dumps(notification(added=nasty)).encode()
    assert (await receiver.post(content)).status_code == 202
    (row,) = await receiver.rows()
    assert "<script>alert(1)</script>\u001b[31m" in row["body"]["diff"]
    assert "\u0000" not in row["body"]["diff"]
    said = [record.getMessage() for record in caplog.records if record.name == "job_hunter.web"]
    assert len(said) == 1
    assert "script" not in said[0]


async def test_the_log_is_one_line_of_json_without_secrets(receiver: Running, caplog: Any) -> None:
    """Each answer is one line that a program can read; no token, no page text, no address of a page."""
    caplog.set_level(logging.INFO)
    await receiver.post(body(added="Secret project engineer"))
    await receiver.post(body(), headers={"Authorization": "Bearer my-wrong-token"})
    await receiver.post(b"rubbish " + TOKEN.encode())
    lines = [record.getMessage() for record in caplog.records if record.name == "job_hunter.web"]
    assert [json.loads(line)["status"] for line in lines] == [202, 401, 422]
    whole = "\n".join(record.getMessage() for record in caplog.records)
    for secret in (TOKEN, PREVIOUS, "my-wrong-token", "Secret project", PAGE):
        assert secret not in whole


async def test_without_a_database_it_says_503(dsn: str, tmp_path: Path) -> None:
    """Nothing is said to be safe that is not: 503 and a reason; alive, but not ready."""
    async with running(f"postgresql+asyncpg://nobody@/nothing?host={tmp_path}") as receiver:
        answer = await receiver.post(body())
        assert answer.status_code == 503
        assert "inbox" in answer.json()["reason"]
        assert (await receiver.client.get(f"{receiver.url}/healthz")).status_code == 200
        assert (await receiver.client.get(f"{receiver.url}/readyz")).status_code == 503
        metrics = await receiver.client.get(f"{receiver.url}/metrics")
        assert "job_hunter_database_up 0" in metrics.text


async def test_metrics_count_what_happened(receiver: Running) -> None:
    """Prometheus' text: answers by status, stored and repeated changes, seconds as a histogram, what waits."""
    for content in (body(), body(), b"rubbish"):
        await receiver.post(content)
    text_of = (await receiver.client.get(f"{receiver.url}/metrics")).text
    for line in (
        'job_hunter_webhook_answers_total{status="202"} 2',
        'job_hunter_webhook_answers_total{status="422"} 1',
        "job_hunter_webhook_changes_stored_total 1",
        "job_hunter_webhook_changes_repeated_total 1",
        'job_hunter_webhook_seconds_bucket{le="+Inf"} 3',
        "job_hunter_webhook_seconds_count 3",
        "job_hunter_changes_unread 1",
    ):
        assert line in text_of.splitlines(), line
    names = {line.split()[2] for line in text_of.splitlines() if line.startswith("# TYPE")}
    samples = {line.split("{")[0].split()[0] for line in text_of.splitlines() if not line.startswith("#")}
    assert {name.removesuffix(tail) for name in samples for tail in ("_bucket", "_sum", "_count")} >= names


async def test_other_addresses_and_methods(receiver: Running) -> None:
    """There is one thing to post, and nothing to get there."""
    assert (await receiver.client.get(f"{receiver.url}/webhook/cdio")).status_code == 405
    assert (await receiver.client.get(f"{receiver.url}/docs")).status_code == 404
    assert (await receiver.client.get(f"{receiver.url}/readyz")).json() == {"status": "ok", "unsent": 0, "unread": 0}


async def _until(check: Callable[[], Any], seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not await check():  # noqa: ASYNC110 the change comes from another process
            await asyncio.sleep(0.02)


async def test_prefect_gets_the_number_and_nothing_else(dsn: str, prefect_api: FakePrefect) -> None:
    """One event a change, with the change's id; the change is marked as announced."""
    async with running(dsn, prefect_api_url=prefect_api.url) as receiver:
        answers = [(await receiver.post(body(n))).json()["change"] for n in (0, 0, 1)]

        async def sent() -> bool:
            return all(row["event_sent_at"] for row in await receiver.rows())

        await _until(sent)
    assert [event["payload"] for event in prefect_api.taken] == [{"change_id": str(n)} for n in sorted(set(answers))]
    assert {event["event"] for event in prefect_api.taken} == {"job-hunter.cdio.change"}
    assert "Data Engineer" not in json.dumps(prefect_api.taken)


async def test_prefect_down_then_up(dsn: str, prefect_api: FakePrefect) -> None:
    """What Prefect does not take with a 204 waits, and is sent again under the same id."""
    prefect_api.status = 503
    async with running(dsn, prefect_api_url=prefect_api.url, announce_every=0.1) as receiver:
        assert (await receiver.post(body())).status_code == 202
        assert await asyncio.to_thread(prefect_api.asked.wait, 10)
        assert [row["event_sent_at"] for row in await receiver.rows()] == [None]
        prefect_api.status = 200
        prefect_api.asked.clear()
        assert await asyncio.to_thread(prefect_api.asked.wait, 10)
        assert [row["event_sent_at"] for row in await receiver.rows()] == [None]
        prefect_api.status = 204

        async def sent() -> bool:
            return all(row["event_sent_at"] for row in await receiver.rows())

        await _until(sent)
    assert len(prefect_api.taken) == 1


async def test_nothing_is_lost_when_it_is_killed(dsn: str, serve: Callable[..., Process]) -> None:
    """After a 202 the change is there, though the receiver was killed with -9 the moment after."""
    server = serve()
    async with httpx.AsyncClient(trust_env=False) as client:
        answers = [
            await client.post(
                f"{server.url}/webhook/cdio", content=body(n), headers={"Authorization": f"Bearer {TOKEN}"}
            )
            for n in range(5)
        ]
    assert server.end(signal.SIGKILL) == -signal.SIGKILL
    assert [answer.status_code for answer in answers] == [202] * 5
    database = Database(dsn)
    async with database.reading() as connection:
        ids = list(await connection.scalars(text("SELECT id FROM job_hunter.cdio_changes ORDER BY id")))
    await database.close()
    assert ids == [answer.json()["change"] for answer in answers]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "term"])
async def test_nothing_answered_is_lost_when_it_ends_under_load(
    dsn: str, serve: Callable[..., Process], number: signal.Signals
) -> None:
    """Ended while twenty senders post: every change that was answered with 202 is there, under the id it was told."""
    server = serve()
    answered: list[int] = []
    enough = asyncio.Event()

    async def post(client: httpx.AsyncClient, sender: int) -> None:
        for n in range(1000):
            content, headers = body(1000 * sender + n), {"Authorization": f"Bearer {TOKEN}"}
            answer = await client.post(f"{server.url}/webhook/cdio", content=content, headers=headers)
            answered.append(answer.json()["change"])
            if len(answered) >= 100:
                enough.set()

    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        senders = [asyncio.create_task(post(client, sender)) for sender in range(20)]
        async with asyncio.timeout(60):
            await enough.wait()
        server.process.send_signal(number)
        ends = await asyncio.gather(*senders, return_exceptions=True)
    assert {type(end).__module__.split(".")[0] for end in ends} == {"httpx"}  # each met the end, none another answer
    await asyncio.to_thread(server.process.wait, 30)
    database = Database(dsn)
    async with database.reading() as connection:
        ids = set(await connection.scalars(text("SELECT id FROM job_hunter.cdio_changes")))
    await database.close()
    assert len(set(answered)) == len(answered) >= 100
    assert set(answered) <= ids


async def test_sigterm_ends_it_after_what_it_began(serve: Callable[..., Process]) -> None:
    """A request under way at SIGTERM is answered with its 202; then the process ends with 0, and nobody listens."""
    server = serve()
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    content = body()
    writer.write(_head(len(content)) + content[:10])
    await writer.drain()
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{server.url}/healthz")).status_code == 200  # the half request was read before it
    server.process.send_signal(signal.SIGTERM)

    async def refuses() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((address.hostname, address.port)) != 0

    await _until(refuses)
    writer.write(content[10:])
    assert b" 202 " in await reader.readline()
    writer.close()
    assert await asyncio.to_thread(server.process.wait, 30) == 0
    assert TOKEN not in "".join(server.lines)


def test_serve_without_a_token_is_refused(serve: Callable[..., Process]) -> None:
    """Without a token anybody could post: exit code 2 and the variable's name."""
    with pytest.raises(AssertionError, match="WEBHOOK_BEARER_TOKEN is not set"):
        serve(WEBHOOK_BEARER_TOKEN=None)


CAPTURES = Path(os.environ.get("JOB_HUNTER_REAL_PAYLOADS", "/nonexistent")) / "cdio"
NAIVE = "naive"


@pytest.mark.real
@pytest.mark.skipif(not CAPTURES.is_dir(), reason="JOB_HUNTER_REAL_PAYLOADS holds no cdio captures")
async def test_every_capture_is_taken_or_refused_and_kept(receiver: Running) -> None:
    """Captured notifications: all are taken but the one whose template quotes by hand; that one is kept."""
    for path in sorted(CAPTURES.glob("*.body")):
        answer = await receiver.post(path.read_bytes())
        assert answer.status_code == (422 if NAIVE in path.name else 202), path.name
    rows = await receiver.rows()
    assert len(rows) == len(list(CAPTURES.glob("*.body")))
    assert [row["outcome"] for row in rows].count("refused") == len(list(CAPTURES.glob(f"*{NAIVE}*.body")))
