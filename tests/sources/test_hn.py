"""Hacker News by Algolia: which stories are threads, and which comments of a thread are top-level and readable."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpx import HTTPXMock

from job_hunter.errors import SourceChanged, SourceGone, SourceUnavailable
from job_hunter.sources import hn
from job_hunter.sources.http import Http

THREAD = hn.Thread(70000301, "November 2026")
ITEM = f"{hn.API}/items/{THREAD.id}"
Recorded = Callable[[str], Any]


def search_of(before: int | None = None) -> str:
    """The address of the newest slice of the thread's comments, or of the one up to `before`."""
    url = f"{hn.API}/search_by_date?tags=comment%2Cstory_{THREAD.id}&hitsPerPage=1000&page=0"
    return url if before is None else f"{url}&numericFilters=created_at_i%3C%3D{before}"


def test_only_the_monthly_threads_are_found(recorded_json: Recorded) -> None:
    """Newest first; other stories of the author, and the odd one of March 2020, are none."""
    assert [THREAD, hn.Thread(69000001, "October 2026")] == hn.parse_threads(recorded_json("hn/threads.json"))


@pytest.mark.parametrize(
    "payload", [{"hits": []}, {"hits": [{"title": "Ask HN: Who is hiring? (soon)"}]}, [], {"x": 1}]
)
def test_an_answer_without_a_thread_is_a_changed_source(payload: Any) -> None:
    """No thread at all means that something changed, not that nobody hires."""
    with pytest.raises(SourceChanged):
        hn.parse_threads(payload)


def test_a_tree_gives_its_direct_children(recorded_json: Recorded) -> None:
    """Replies are no comments; deleted ones are counted; records without sense are named; times are UTC."""
    found = hn.parse_comments([recorded_json("hn/item.json")], THREAD)
    assert [(70000311, datetime(2026, 11, 2, 16, 5, tzinfo=UTC)), (70000313, datetime(2026, 11, 3, 9, tzinfo=UTC))] == [
        (comment.id, comment.created_at) for comment in found.comments
    ]
    assert found.deleted == 1
    assert [reason.split(":")[0].split(" of ")[0] for reason in found.broken] == ["70000314", "a comment"]
    assert "Tamsin Grid" in found.comments[0].html
    assert "children" not in orjson.loads(found.comments[0].raw)


def test_searches_give_the_same_comments(recorded_json: Recorded) -> None:
    """Of the flat list only those stay whose parent is the thread; the texts are those of the tree."""
    tree = hn.parse_comments([recorded_json("hn/item.json")], THREAD)
    flat = hn.parse_comments([recorded_json("hn/comments.json")], THREAD)
    assert {(c.id, c.html, c.created_at) for c in tree.comments} == {
        (c.id, c.html, c.created_at) for c in flat.comments
    }
    assert flat.is_whole


def test_searches_that_reach_less_than_they_count_are_partial(recorded_json: Recorded) -> None:
    """nbHits above what came means that comments are missing."""
    page = recorded_json("hn/comments.json") | {"nbHits": 1184}
    assert not hn.parse_comments([page], THREAD).is_whole


def test_another_item_is_refused(recorded_json: Recorded) -> None:
    """A tree of another story is not read as the thread."""
    with pytest.raises(SourceChanged, match="another item"):
        hn.parse_comments([recorded_json("hn/item.json") | {"id": 1}], THREAD)


@pytest.mark.parametrize("pages", [[{}], [[]], [{"children": "none", "id": THREAD.id}], [{"hits": 3}], [None]])
def test_a_changed_shape_is_said(pages: list[Any]) -> None:
    """What is no thread raises; nothing is taken for an empty one."""
    with pytest.raises(SourceChanged):
        hn.parse_comments(pages, THREAD)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["id", "objectID", "text", "comment_text", "author", "created_at", "created_at_i", "parent_id", "children"]
    ), inner, max_size=6),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(json_values, max_size=5))
def test_no_record_defeats_the_parser(records: list[Any]) -> None:
    """Whatever is among the children is a comment, deleted, or named as broken; nothing is lost."""
    found = hn.parse_comments([{"id": THREAD.id, "children": records}], THREAD)
    ids = [comment.id for comment in found.comments]
    assert len(ids) == len(set(ids))
    assert len(ids) + found.deleted + len(found.broken) <= len(records)
    assert all(found.broken)


@pytest.mark.parametrize("odd", [{"objectID": ["1"]}, {"objectID": {}}, {"author": "\ud83d"}, {"points": 2**70}])
def test_a_hit_that_makes_no_sense_costs_itself_alone(odd: dict[str, Any]) -> None:
    """An id that is none, and values that cannot be kept, are named; the comment beside it is read."""
    hit = {"objectID": "7", "parent_id": THREAD.id, "author": "a", "comment_text": "Acme | Engineer"}
    found = hn.parse_comments([{"hits": [hit, hit | {"objectID": "8"} | odd]}], THREAD)
    assert [comment.id for comment in found.comments] == [7]
    assert len(found.broken) == 1


async def test_the_tree_is_asked_first(httpx_mock: HTTPXMock, recorded: Recorded) -> None:
    """One request is enough when the tree comes."""
    httpx_mock.add_response(url=ITEM, content=recorded("hn/item.json"))
    async with Http() as http:
        harvest = await hn.fetch_comments(http, THREAD)
    assert len(harvest.pages) == 1
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize(
    "answer", [{"status_code": 404}, {"status_code": 500}, {"text": "<html>"}, {"text": '{"id": 7'}]
)
async def test_the_search_is_asked_when_the_tree_fails(
    httpx_mock: HTTPXMock, recorded: Recorded, answer: dict[str, Any]
) -> None:
    """A tree that is not there, chokes or is cut has searches left."""
    httpx_mock.add_response(url=ITEM, **answer)
    httpx_mock.add_response(url=search_of(), content=recorded("hn/comments.json"))
    async with Http() as http:
        harvest = await hn.fetch_comments(http, THREAD)
    assert [orjson.loads(recorded("hn/comments.json"))] == [orjson.loads(page) for page in harvest.pages]


@pytest.mark.parametrize(("status", "error"), [(429, SourceUnavailable), (403, SourceGone)])
async def test_a_server_that_refuses_is_not_asked_another_way(
    httpx_mock: HTTPXMock, status: int, error: type[Exception]
) -> None:
    """Who is told to wait or to go away does not try the other door."""
    httpx_mock.add_response(url=ITEM, status_code=status)
    async with Http() as http:
        with pytest.raises(error):
            await hn.fetch_comments(http, THREAD)
    assert len(httpx_mock.get_requests()) == 1


async def test_large_threads_are_sliced_by_time(httpx_mock: HTTPXMock) -> None:
    """Each slice begins where the last one ended; a hit on the seam is counted once."""

    def hits(first: int, count: int) -> list[dict[str, Any]]:
        return [
            {"objectID": str(n), "parent_id": THREAD.id, "author": "a", "comment_text": "x", "created_at_i": n}
            for n in range(first, first - count, -1)
        ]

    pages = [hits(5_000, 1_000), hits(4_001, 1_000), hits(3_002, 40)]
    httpx_mock.add_response(url=ITEM, status_code=500)
    for before, page in zip((None, 4_001, 3_002), pages, strict=True):
        httpx_mock.add_response(url=search_of(before), json={"hits": page, "nbHits": 2_038 if before is None else 9})
    async with Http() as http:
        harvest = await hn.fetch_comments(http, THREAD)
    found = hn.parse_comments([orjson.loads(page) for page in harvest.pages], THREAD)
    assert len(found.comments) == 2_038
    assert found.is_whole
