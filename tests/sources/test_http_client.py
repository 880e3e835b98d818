"""The client against a misbehaving server: caps, timeouts, redirects, and which failure is which."""

from __future__ import annotations

import asyncio
import gzip
import pickle
import re

import pytest
from pytest_httpx import HTTPXMock

from job_hunter import __version__
from job_hunter.errors import SourceChanged, SourceError, SourceGone, SourceUnavailable
from job_hunter.sources.http import Http, Validators

URL = "https://boards.example.org/v1/things?a=1"


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> bytes:
    """An HTTP/1.1 answer as bytes."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def saying(*answers: bytes):
    """A script that gives one answer after the other, and notes what was asked."""
    asked: list[bytes] = []

    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(request)
        writer.write(answers[min(len(asked), len(answers)) - 1])

    script.asked = asked
    return script


STATUSES = [
    (400, SourceGone),
    (401, SourceGone),
    (403, SourceGone),
    (404, SourceGone),
    (410, SourceGone),
    (418, SourceGone),
    (304, SourceGone),
    (408, SourceGone),
    (429, SourceUnavailable),
    (500, SourceUnavailable),
    (502, SourceUnavailable),
    (503, SourceUnavailable),
    (599, SourceUnavailable),
]


@pytest.mark.parametrize(("status", "error"), STATUSES)
async def test_a_status_tells_what_to_do_next(httpx_mock: HTTPXMock, status: int, error: type[SourceError]) -> None:
    """Server trouble may be tried again; anything the client did wrong may not; each asks exactly once."""
    httpx_mock.add_response(status_code=status)
    async with Http() as http:
        with pytest.raises(error) as caught:
            await http.get("greenhouse", URL)
    assert status == caught.value.status
    assert f"boards.example.org/v1/things answered HTTP {status}" in str(caught.value)
    assert len(httpx_mock.get_requests()) == 1


RETRY_AFTER = [
    ({"Retry-After": "7"}, 7.0),
    ({"Retry-After": " 0.5 "}, 0.5),
    (
        {"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"},
        30.0,
    ),
    ({"Retry-After": "Wed, 21 Oct 2026 07:27:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 0.0),
    ({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT"}, None),
    ({"Retry-After": "soon"}, None),
    ({"Retry-After": "-1"}, None),
    ({"Retry-After": "1e400"}, None),
    ({}, None),
]


@pytest.mark.parametrize(("headers", "seconds"), RETRY_AFTER)
async def test_retry_after_is_read_in_both_forms(
    httpx_mock: HTTPXMock, headers: dict[str, str], seconds: float | None
) -> None:
    """Seconds or a date counted from the answer's own date; anything else is no wish at all."""
    httpx_mock.add_response(status_code=429, headers=headers)
    async with Http() as http:
        with pytest.raises(SourceUnavailable) as caught:
            await http.get("greenhouse", URL)
    assert seconds == caught.value.retry_after


async def test_a_status_the_caller_accepts_is_an_answer(httpx_mock: HTTPXMock) -> None:
    """A source that must look at refusals gets them as answers, with the wish for patience."""
    httpx_mock.add_response(status_code=429, text="calm down", headers={"Retry-After": "3"})
    async with Http() as http:
        got = await http.get("linkedin", URL, accept=frozenset({429, 999}))
    assert (got.status, got.body, got.retry_after) == (429, b"calm down", 3.0)


async def test_a_base_url_replaces_scheme_and_host_only(httpx_mock: HTTPXMock) -> None:
    """The path and the query stay, a prefix of the base is kept in front, other services are left alone."""
    httpx_mock.add_response(is_reusable=True)
    async with Http({"ashby": "http://127.0.0.1:9000/replica/"}) as http:
        first = await http.get("ashby", URL, params={"b": "2"})
        second = await http.get("ecb", URL)
    assert first.url == "http://127.0.0.1:9000/replica/v1/things?a=1&b=2"
    assert second.url == URL


async def test_requests_name_the_product_and_ask_for_gzip(httpx_mock: HTTPXMock) -> None:
    """Whoever runs the board can see who asks."""
    httpx_mock.add_response()
    async with Http() as http:
        await http.get("ashby", URL)
    headers = httpx_mock.get_requests()[0].headers
    assert headers["user-agent"].startswith(f"job-hunter/{__version__}")
    assert headers["accept-encoding"] == "gzip"


async def test_validators_are_sent_and_a_304_is_an_answer(httpx_mock: HTTPXMock) -> None:
    """An unchanged board costs a 304 and no body."""
    httpx_mock.add_response(status_code=304)
    async with Http() as http:
        got = await http.get("greenhouse", URL, validators=Validators('W/"1"', "Mon, 02 Mar 2026 09:00:00 GMT"))
    headers = httpx_mock.get_requests()[0].headers
    assert (headers["if-none-match"], headers["if-modified-since"]) == ('W/"1"', "Mon, 02 Mar 2026 09:00:00 GMT")
    assert (got.not_modified, got.body) == (True, b"")


async def test_nothing_is_remembered_between_requests(serving) -> None:
    """A cookie that a source sets is not sent back."""
    script = saying(answer(b"{}", "200 OK", "Set-Cookie: track=1; Path=/"))
    async with serving(script) as base, Http({"ashby": base}) as http:
        await http.get("ashby", URL)
        await http.get("ashby", URL)
    assert len(script.asked) == 2
    assert b"cookie" not in script.asked[1].lower()


async def test_gzip_is_unpacked_and_counted_as_it_came(serving) -> None:
    """The ledger's bytes are those of the wire, the body is the decoded one; several members are one body."""
    body = b'{"jobs": []}' * 1000
    packed = gzip.compress(body) + gzip.compress(body)
    async with serving(saying(answer(packed, "200 OK", "Content-Encoding: gzip"))) as base, Http({"x": base}) as http:
        got = await http.get("x", URL)
    assert (body + body, len(packed)) == (got.body, got.wire_bytes)


OVERSIZED = [
    ("plain", answer(b"x" * 200_001)),
    ("gzip bomb", answer(gzip.compress(bytes(50_000_000)), "200 OK", "Content-Encoding: gzip")),
]


@pytest.mark.parametrize("raw", [raw for _, raw in OVERSIZED], ids=[name for name, _ in OVERSIZED])
async def test_a_body_over_the_cap_is_dropped(serving, raw: bytes) -> None:
    """Neither a large body nor a small one that unpacks to a large one is ever held whole."""
    async with serving(saying(raw)) as base, Http({"x": base}) as http:
        with pytest.raises(SourceChanged, match=re.escape("more than 0.2 MB")):
            await http.get("x", URL, max_bytes=200_000)


async def test_a_bomb_is_dropped_long_before_the_cap(serving) -> None:
    """What packs a thousand times is no board, and costs no more memory than one; what packs well is taken."""
    well = b"".join(b'{"id": %d},' % n for n in range(1_000_000))
    bomb = gzip.compress(bytes(60_000_000))
    raw = [answer(gzip.compress(well, 1), "200 OK", "Content-Encoding: gzip")]
    raw.append(answer(bomb, "200 OK", "Content-Encoding: gzip"))
    async with serving(saying(*raw)) as base, Http({"x": base}) as http:
        assert (await http.get("x", URL)).body == well
        with pytest.raises(SourceChanged, match=r"more than \d{1,2}(\.\d)? MB"):
            await http.get("x", URL)


async def test_a_body_of_just_the_cap_is_taken(serving) -> None:
    """The cap is a limit, not a limit less one."""
    packed = gzip.compress(b"x" * 1000)
    raw = [answer(b"x" * 1000), answer(packed, "200 OK", "Content-Encoding: gzip")]
    async with serving(saying(*raw)) as base, Http({"x": base}) as http:
        for _ in raw:
            assert len((await http.get("x", URL, max_bytes=1000)).body) == 1000


BROKEN = [
    ("cut gzip", answer(gzip.compress(b"x" * 9000)[:-12], "200 OK", "Content-Encoding: gzip"), SourceChanged),
    ("no gzip", answer(b"hello", "200 OK", "Content-Encoding: gzip"), SourceChanged),
    ("unknown encoding", answer(b"hello", "200 OK", "Content-Encoding: br"), SourceChanged),
    ("cut transfer", answer(b"x" * 100)[:-50], SourceUnavailable),
    ("no HTTP", b"garbage\r\n\r\n", SourceUnavailable),
    ("nothing", b"", SourceUnavailable),
]


@pytest.mark.parametrize(
    ("raw", "error"), [(raw, error) for _, raw, error in BROKEN], ids=[name for name, _, _ in BROKEN]
)
async def test_a_broken_answer_is_named(serving, raw: bytes, error: type[SourceError]) -> None:
    """A broken transfer may be tried again; a body that is broken in itself needs a look."""
    async with serving(saying(raw)) as base, Http({"x": base}) as http:
        with pytest.raises(error):
            await http.get("x", URL)


@pytest.mark.parametrize("limits", [{"timeout": 0.2}, {"read_timeout": 0.2}], ids=["whole", "silence"])
async def test_a_server_that_hangs_is_unavailable(serving, limits: dict[str, float]) -> None:
    """A hanging server costs its time limit and never counts as an unknown board."""
    never = asyncio.Event()

    async def hang(request: bytes, writer: asyncio.StreamWriter) -> None:
        await never.wait()

    async with serving(hang) as base, Http({"x": base}, **limits) as http:
        with pytest.raises(SourceUnavailable) as caught:
            await http.get("x", URL)
        never.set()
    assert caught.value.status is None


async def test_nobody_listening_is_unavailable(serving) -> None:
    """A refused connection is worth another try."""
    async with serving(saying(b"")) as base:
        pass
    async with Http({"x": base}) as http:
        with pytest.raises(SourceUnavailable):
            await http.get("x", URL)


async def test_a_redirect_within_the_host_is_followed(serving) -> None:
    """A source may tidy its paths."""
    moved = answer(b"", "301 Moved Permanently", "Location: /v2/things")
    async with serving(saying(moved, answer(b"[1]"))) as base, Http({"x": base}) as http:
        got = await http.get("x", URL)
    assert (b"[1]", f"{base}/v2/things") == (got.body, got.url)


REDIRECTS = [
    ("x", "https://boards.example.org/a", "https://elsewhere.example.net/b", False),
    ("x", "https://boards.example.org/a", "http://boards.example.org/b", False),
    ("x", "http://boards.example.org/a", "https://boards.example.org/b", True),
    ("linkedin", "https://www.linkedin.com/a", "https://uk.linkedin.com/b", True),
    ("linkedin", "https://www.linkedin.com/a", "https://linkedin.com.example.net/b", False),
    ("levels_fyi", "https://www.levels.fyi/a", "https://levels.fyi/b", True),
    ("lever", "https://api.lever.co/a", "https://api.eu.lever.co/b", True),
    ("lever", "https://api.lever.co/a", "http://api.eu.lever.co/b", False),
]


@pytest.mark.parametrize(("service", "url", "location", "followed"), REDIRECTS)
async def test_a_redirect_leads_only_to_a_sources_own_hosts(
    httpx_mock: HTTPXMock, service: str, url: str, location: str, followed: bool
) -> None:
    """A board cannot send us to a host of its choice, nor from https to http."""
    httpx_mock.add_response(url=url, status_code=302, headers={"Location": location})
    httpx_mock.add_response(url=location, text="there", is_optional=True)
    async with Http(intervals={}) as http:
        if followed:
            assert (await http.get(service, url)).body == b"there"
            return
        with pytest.raises(SourceGone, match="redirects to another host") as caught:
            await http.get(service, url)
    assert caught.value.status == 302
    assert len(httpx_mock.get_requests()) == 1


async def test_a_replica_cannot_redirect_to_the_live_host(httpx_mock: HTTPXMock) -> None:
    """With a replica in place nothing ever reaches the source itself, whatever the replica says."""
    httpx_mock.add_response(status_code=302, headers={"Location": "https://api.lever.co/v0/postings/acme"})
    async with Http({"lever": "https://127.0.0.1:9000"}) as http:
        with pytest.raises(SourceGone, match="another host"):
            await http.get("lever", "https://api.lever.co/v0/postings/acme")


async def test_redirects_in_a_circle_end(httpx_mock: HTTPXMock) -> None:
    """A circle is left after a few rounds."""
    httpx_mock.add_response(status_code=302, headers={"Location": URL}, is_reusable=True)
    async with Http() as http:
        with pytest.raises(SourceGone, match="without end"):
            await http.get("x", URL)
    assert len(httpx_mock.get_requests()) == 6


async def test_messages_hold_no_secrets(httpx_mock: HTTPXMock) -> None:
    """Neither credentials in an address nor its query appear in a message, and errors survive pickling."""
    httpx_mock.add_response(status_code=500)
    async with Http({"x": "http://user:hunter2@127.0.0.1:9"}) as http:
        with pytest.raises(SourceUnavailable) as caught:
            await http.get("x", "https://boards.example.org/v1/x?api_key=s3cret")
    assert str(caught.value) == "127.0.0.1:9/v1/x answered HTTP 500; the next run tries again"
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(caught.value), 500) == (str(copy), copy.status)


@pytest.mark.parametrize("base", ["", "127.0.0.1:9", "ftp://127.0.0.1", "http://a:b:c"])
async def test_an_address_that_is_none_is_refused(base: str) -> None:
    """A mistyped base URL is a mistake of the configuration, not the network's."""
    async with Http({"x": base}) as http:
        with pytest.raises(SourceGone, match="correct it in the configuration"):
            await http.get("x", URL)


async def test_at_most_so_many_requests_are_in_flight_at_a_host(serving) -> None:
    """The bound per host holds however many boards are asked at once, and none is left out."""
    here: set[object] = set()
    most = 0
    full = asyncio.Event()

    async def script(request: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal most
        here.add(writer)
        most = max(most, len(here))
        if len(here) == 3:
            full.set()
        await full.wait()
        writer.write(answer())
        await writer.drain()
        here.discard(writer)

    async with serving(script) as base, Http({"x": base}, connections=3) as http:
        answers = await asyncio.gather(*(http.get("x", URL) for _ in range(9)))
    assert (len(answers), most) == (9, 3)


async def test_an_interval_keeps_requests_apart(httpx_mock: HTTPXMock) -> None:
    """A source that asks for patience is asked once per interval; a replica of it without pause."""
    httpx_mock.add_response(is_reusable=True)
    clock = asyncio.get_running_loop()
    async with Http(intervals={"levels_fyi": 0.1}) as http:
        began = clock.time()
        await asyncio.gather(*(http.get("levels_fyi", URL) for _ in range(3)))
        patient = clock.time() - began
    async with Http({"levels_fyi": "http://127.0.0.1:9"}) as http:
        began = clock.time()
        await asyncio.gather(*(http.get("levels_fyi", URL) for _ in range(3)))
        eager = clock.time() - began
    assert patient >= 0.2
    assert eager < 3.0


async def test_a_client_outside_its_context_says_so() -> None:
    """Using the client before it is open is a mistake of the program."""
    with pytest.raises(RuntimeError, match="async with"):
        await Http().get("x", URL)
