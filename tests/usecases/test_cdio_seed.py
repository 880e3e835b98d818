"""Seeding makes changedetection.io equal to the file, repairs what somebody broke, and takes nothing from anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import jinja2
import orjson
import pytest

from job_hunter.domain.company import Sector
from job_hunter.domain.page_change import Kind
from job_hunter.domain.watch import Watch
from job_hunter.errors import SourceChanged, SourceGone, SourceUnavailable
from job_hunter.sources.changedetection import NOTIFICATION_BODY, parse_notification
from job_hunter.sources.changedetection_api import Api, notification_url, points_to
from job_hunter.sources.http import Http
from job_hunter.usecases.seed_watches import Reconciliation, reconcile, seed_watches
from tests.fake_changedetection import KEY, FakeChangedetection, fake_changedetection

RECEIVER = "https://hooks.example:8443/base"
TO_US = {"webhook_url": RECEIVER, "token": "first"}


def watch(slug: str, **fields: Any) -> Watch:
    """A watched page."""
    return Watch(
        **{
            "slug": slug,
            "display_name": slug.title(),
            "sector": Sector.HFT_QUANT,
            "url": f"https://{slug}.example/jobs",
            "css": "main a",
            "xpath": None,
            "check_every": timedelta(hours=6),
            "tags": ("quant",),
            **fields,
        }
    )


WATCHES = (watch("acme"), watch("birch", css=None, xpath="//a[contains(@href, '/job/')]", browser=True))


@pytest.fixture
def cdio() -> Iterator[FakeChangedetection]:
    """An empty changedetection.io."""
    with fake_changedetection() as fake:
        yield fake


@pytest.fixture
async def api(cdio: FakeChangedetection) -> AsyncIterator[Api]:
    """Its API."""
    async with Http(timeout=5) as http:
        yield Api(http, cdio.url, KEY)


def said(found: Reconciliation) -> list[str]:
    """The differences as sentences."""
    return [difference.sentence() for difference in found.differences]


async def test_seeding_an_empty_one_and_again(api: Api, cdio: FakeChangedetection) -> None:
    """Tags and watches are made as the file says; a second run writes nothing."""
    done = await seed_watches(api, WATCHES, **TO_US)
    assert said(done) == ["create tag job-hunter", "create tag quant", "create watch acme", "create watch birch"]
    own = next(tag for tag in cdio.tags.values() if tag["title"] == "job-hunter")
    assert own["notification_urls"] == ["posts://hooks.example:8443/base/webhook/cdio?+Authorization=Bearer%20first"]
    assert own["notification_body"] == NOTIFICATION_BODY
    by_url = {one["url"]: one for one in cdio.watches.values()}
    acme, birch = (by_url[one.url] for one in WATCHES)
    assert (acme["include_filters"], acme["fetch_backend"]) == (["main a"], "html_requests")
    assert (birch["include_filters"], birch["fetch_backend"]) == (
        ["xpath://a[contains(@href, '/job/')]"],
        "html_webdriver",
    )
    assert acme["time_between_check"]["hours"] == 6
    assert acme["time_between_check_use_default"] is False
    assert acme["notification_format"] == "text"
    assert acme["notification_urls"] == []
    assert {cdio.tags[uuid]["title"] for uuid in acme["tags"]} == {"job-hunter", "quant"}
    cdio.writes.clear()
    assert said(await seed_watches(api, WATCHES, **TO_US)) == []
    assert cdio.writes == []


async def test_a_dry_run_writes_nothing(api: Api, cdio: FakeChangedetection) -> None:
    """It says what would be done, on an empty one and on a seeded one."""
    assert len(said(await seed_watches(api, WATCHES, **TO_US, dry_run=True))) == 4
    await seed_watches(api, WATCHES, **TO_US)
    cdio.writes.clear()
    changed = (watch("acme", css="ul.jobs a"),)
    assert said(await seed_watches(api, changed, **TO_US, dry_run=True)) == [
        "update watch acme (include_filters)",
        "pause watch https://birch.example/jobs (no longer in cdio_watches.yaml)",
    ]
    assert cdio.writes == []


async def test_a_rotated_token_is_one_write(api: Api, cdio: FakeChangedetection) -> None:
    """All watches get the new token through the tag; addresses that others put on the tag stay."""
    await seed_watches(api, WATCHES, **TO_US)
    own = next(tag for tag in cdio.tags.values() if tag["title"] == "job-hunter")
    own["notification_urls"].append("slack://somebody/else")
    cdio.writes.clear()
    done = await seed_watches(api, WATCHES, webhook_url=RECEIVER, token="sec/on+d%")
    assert said(done) == ["update tag job-hunter (notification_urls)"]
    assert [method for method, _, _ in cdio.writes] == ["PUT"]
    assert own["notification_urls"] == [notification_url(RECEIVER, "sec/on+d%"), "slack://somebody/else"]
    assert "sec" not in "".join(said(done))


async def test_what_was_broken_by_hand_is_repaired(api: Api, cdio: FakeChangedetection) -> None:
    """Old addresses of ours on a watch go, whatever their scheme; its format, filter, mute and pause are set again."""
    await seed_watches(api, WATCHES, **TO_US)
    acme = next(one for one in cdio.watches.values() if "acme" in one["url"])
    acme |= {
        "notification_urls": [
            "jsons://hooks.example:8443/base/webhook/cdio?+Authorization=Bearer%20old",
            "json://hooks.example:8443/base/webhook/cdio/",
        ],
        "notification_format": "System default",
        "notification_muted": True,
        "paused": True,
        "include_filters": [],
        "title": "mine",
    }
    done = await seed_watches(api, WATCHES, **TO_US)
    (sentence,) = said(done)
    for name in ("notification_urls", "notification_format", "notification_muted", "paused", "include_filters"):
        assert name in sentence
    assert acme["notification_urls"] == []
    assert acme["paused"] is False
    assert said(await reconcile(api, WATCHES, **TO_US)) == []


async def test_a_watch_somebody_made_is_adopted_and_keeps_what_is_theirs(api: Api, cdio: FakeChangedetection) -> None:
    """A page that is watched already is not watched twice; its own tags stay, its own addresses are reported."""
    theirs = cdio.add_page("https://acme.example/jobs/", tag="private", notification_urls=["slack://their/own"])
    done = await seed_watches(api, WATCHES, **TO_US)
    assert any(sentence.startswith("adopt watch acme") for sentence in said(done))
    assert len(cdio.watches) == 2
    titles = {cdio.tags[uuid]["title"] for uuid in cdio.watches[theirs]["tags"]}
    assert titles == {"private", "job-hunter", "quant"}
    assert cdio.watches[theirs]["notification_urls"] == ["slack://their/own"]
    assert len(done.problems) == 1
    assert "acme: has notification addresses of its own" in done.problems[0]


async def test_what_left_the_file_is_paused_and_the_rest_left_alone(api: Api, cdio: FakeChangedetection) -> None:
    """Ours is paused, once; a stranger's watch is not touched, and nothing is ever deleted."""
    stranger = cdio.add_page("https://other.example/", tag="private")
    await seed_watches(api, WATCHES, **TO_US)
    before = dict(cdio.watches[stranger])
    done = await seed_watches(api, WATCHES[:1], **TO_US)
    assert said(done) == ["pause watch https://birch.example/jobs (no longer in cdio_watches.yaml)"]
    assert said(await seed_watches(api, WATCHES[:1], **TO_US)) == []
    assert cdio.watches[stranger] == before
    assert len(cdio.watches) == 3
    assert "update watch birch (paused)" in said(await seed_watches(api, WATCHES, **TO_US))


async def test_reconcile_tells_last_errors(api: Api, cdio: FakeChangedetection) -> None:
    """Each watch's last check and last error, on one line."""
    await seed_watches(api, WATCHES, **TO_US)
    acme = next(one for one in cdio.watches.values() if "acme" in one["url"])
    acme |= {"last_error": "No filter\nfound", "last_checked": 1_790_000_000}
    found = await reconcile(api, WATCHES, **TO_US)
    state = next(one for one in found.states if one.slug == "acme")
    assert (state.last_error, state.last_checked) == ("No filter found", 1_790_000_000)


FAILURES: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "wrong key": ({"key": "no"}, SourceGone, r"refuses CDIO_API_KEY \(HTTP 403\)"),
    "old version": ({"version": "0.49.18"}, SourceGone, "version 0.49.18: version 0.60 or newer"),
    "no version": ({"version": None}, SourceChanged, "no changedetection.io: check CDIO_BASE_URL"),
    "another program": ({"status": 404}, SourceGone, "check CDIO_BASE_URL"),
    "broken": ({"status": 502}, SourceUnavailable, "answered HTTP 502: see its log"),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_failures_are_one_sentence(cdio: FakeChangedetection, name: str) -> None:
    """Wrong key, old version, another program and a broken one each say what to do, and never the key."""
    changes, error, message = FAILURES[name]
    cdio.version = changes.get("version", cdio.version)
    cdio.status = changes.get("status")
    async with Http(timeout=5) as http:
        with pytest.raises(error, match=message) as caught:
            await reconcile(Api(http, cdio.url, changes.get("key", KEY)), WATCHES, **TO_US)
    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value) + repr(Api(http, cdio.url, KEY))
    assert cdio.writes == []


async def test_unreachable_is_one_sentence() -> None:
    """Nobody there: the address and the variable."""
    async with Http(timeout=5) as http:
        with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1:9 cannot be reached: check CDIO_BASE_URL"):
            await reconcile(Api(http, "http://127.0.0.1:9", KEY), WATCHES, **TO_US)


ADDRESSES = {
    "http://r:8080": "post://r:8080/webhook/cdio?+Authorization=Bearer%20t",
    "http://r:8080/webhook/cdio": "post://r:8080/webhook/cdio?+Authorization=Bearer%20t",
    "https://r/x/": "posts://r/x/webhook/cdio?+Authorization=Bearer%20t",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_notification_addresses(address: str) -> None:
    """The scheme follows the receiver's, the path is completed, and the address is known again as ours."""
    assert notification_url(address, "t") == ADDRESSES[address]
    assert points_to(ADDRESSES[address], address)
    assert not points_to("slack://r:8080/other", address)


NASTY = 'He said "no"\n\tback\\slash </script> {{ 7*7 }} £70,000 – é \u2028 \x1b'


def test_the_template_survives_any_page() -> None:
    """Rendered with quotes, line breaks and markup in every value, the body is JSON and holds them unchanged."""
    values = dict.fromkeys(("watch_title", "diff", "prev_snapshot", "current_snapshot"), NASTY)
    rendered = (
        jinja2.Environment(autoescape=False)
        .from_string(NOTIFICATION_BODY)
        .render(
            watch_url="https://x.example/?a=1&b=2",
            watch_uuid="caca1f6f-6a03-495a-8dbe-8bccfe5ba36a",
            change_datetime=lambda **_: "2026-11-23T12:54:49+0100",
            **values,
        )
    )
    assert orjson.loads(rendered)["current_snapshot"] == NASTY
    found = parse_notification(rendered.encode())
    assert found.kind is Kind.CHANGE
    assert found.changed_at is not None
    assert found.changed_at.isoformat() == "2026-11-23T11:54:49+00:00"
    assert {name: found.texts[name] for name in values} == values
