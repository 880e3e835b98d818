"""The Algolia API over Hacker News: searches by date, and whole trees by id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from operator import eq, ge, gt, le, lt
from typing import Any

from job_hunter.sandbox.hn import REPLIES, Ad, HackerNews, Thread

Json = dict[str, Any]

_REACHABLE = 1000  # of a query, however many there are
_OPERATORS = {">=": ge, "<=": le, ">": gt, "<": lt, "=": eq}


def item(news: HackerNews, ident: int, on: date) -> Json | None:
    """`/items/<id>`: a story or a comment with everything below it; None for an id nobody has."""
    for thread in news.threads(on):
        if thread.ident == ident:
            return _story(news, thread, on)
        if thread.is_hiring and thread.ident < ident < thread.ident + 100_000:
            nodes = [_node(ad, on) for ad in news.ads(thread.ident) if ad.created_at.date() <= on]
            found = [node for top in nodes for node in (top, *top["children"]) if node["id"] == ident]
            return found[0] if found else None
    return None


def _story(news: HackerNews, thread: Thread, on: date) -> Json:
    children = [_node(ad, on) for ad in news.ads(thread.ident) if ad.created_at.date() <= on]
    return {
        "author": "whoishiring",
        "children": children,
        **_times(thread.created_at),
        "id": thread.ident,
        "options": [],
        "parent_id": None,
        "points": 412,
        "story_id": thread.ident,
        "text": "Please state the location and include REMOTE for remote work, ONSITE when it is not an option.",
        "title": thread.title,
        "type": "story",
        "url": None,
    }


def _node(ad: Ad, on: date) -> Json:
    text = ad.text(on)
    return {
        "author": ad.author if text is not None else None,
        "children": [
            {
                "author": f"reader{ad.form % 900 + n}",
                "children": [],
                **_times(ad.created_at + timedelta(minutes=17 * n)),
                "id": ad.comment + n,
                "options": [],
                "parent_id": ad.comment,
                "points": None,
                "story_id": ad.thread,
                "text": REPLIES[(ad.form + n) % len(REPLIES)],
                "title": None,
                "type": "comment",
                "url": None,
            }
            for n in range(1, ad.replies + 1)
        ],
        **_times(ad.created_at),
        "id": ad.comment,
        "options": [],
        "parent_id": ad.thread,
        "points": None,
        "story_id": ad.thread,
        "text": text,
        "title": None,
        "type": "comment",
        "url": None,
    }


def _times(at: datetime) -> Json:
    return {"created_at": f"{at:%Y-%m-%dT%H:%M:%S}.000Z", "created_at_i": int(at.timestamp())}


def search(news: HackerNews, query: Mapping[str, str], raw_query: str, on: date, *, by_date: bool = True) -> Json:
    """`/search_by_date` (newest first) and `/search` (by relevance, which is no order at all)."""
    hits = [hit for hit in _hits(news, query.get("tags", ""), on) if _passes(hit, query.get("numericFilters", ""))]
    hits.sort(key=lambda hit: hit["created_at_i"] if by_date else hit["created_at_i"] % 9973, reverse=True)
    size = min(1000, max(1, _whole(query.get("hitsPerPage"), 20)))
    page = _whole(query.get("page"), 0)
    reachable = min(len(hits), _REACHABLE)
    return {
        "exhaustive": {"nbHits": True, "typo": True},
        "exhaustiveNbHits": True,
        "exhaustiveTypo": True,
        "hits": hits[:reachable][page * size : (page + 1) * size],
        "hitsPerPage": size,
        "nbHits": len(hits),
        "nbPages": -(-reachable // size),
        "page": page,
        "params": raw_query,
        "processingTimeMS": 1,
        "query": query.get("query", ""),
        "serverTimeMS": 3,
    }


def _whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default


def _hits(news: HackerNews, tags: str, on: date) -> list[Json]:
    # Commas are AND, brackets are OR.
    groups = [set(group.strip("()").split(",")) for group in re.findall(r"\([^)]*\)|[^,]+", tags)]
    threads = news.threads(on)
    found = [_story_hit(news, thread, on) for thread in threads]
    for thread in threads:
        own = {"comment", f"story_{thread.ident}"}
        may_match = all(any(tag in own or tag.startswith("author_") for tag in group) for group in groups)
        if thread.is_hiring and may_match:
            for ad in news.ads(thread.ident):
                nodes = [_node(ad, on)] if ad.created_at.date() <= on else []
                found += [_comment_hit(node, thread) for top in nodes for node in (top, *top["children"])]
    return [hit for hit in found if all(group & set(hit["_tags"]) for group in groups)]


def _story_hit(news: HackerNews, thread: Thread, on: date) -> Json:
    children = [ad.comment for ad in news.ads(thread.ident) if ad.created_at.date() <= on]
    return {
        "_highlightResult": {"title": {"matchLevel": "none", "matchedWords": [], "value": thread.title}},
        "_tags": ["story", "author_whoishiring", f"story_{thread.ident}", "ask_hn"],
        "author": "whoishiring",
        "children": children,
        "created_at": f"{thread.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "created_at_i": int(thread.created_at.timestamp()),
        "num_comments": len(children),
        "objectID": str(thread.ident),
        "points": 412,
        "story_id": thread.ident,
        "title": thread.title,
        "updated_at": f"{on}T06:00:00Z",
    }


def _comment_hit(node: Json, thread: Thread) -> Json:
    at = node["created_at"].replace(".000Z", "Z")
    return {
        "_highlightResult": {"comment_text": {"matchLevel": "none", "matchedWords": [], "value": node["text"] or ""}},
        "_tags": ["comment", f"author_{node['author']}", f"story_{thread.ident}"],
        "author": node["author"],
        "comment_text": node["text"],
        "created_at": at,
        "created_at_i": node["created_at_i"],
        "objectID": str(node["id"]),
        "parent_id": node["parent_id"],
        "story_id": thread.ident,
        "story_title": thread.title,
        "updated_at": at,
    }


def _passes(hit: Json, filters: str) -> bool:
    for clause in filter(None, filters.split(",")):
        found = re.fullmatch(r"\s*(\w+)\s*(>=|<=|>|<|=)\s*(-?\d+)\s*", clause)
        if found and not _OPERATORS[found[2]](hit.get(found[1]) or 0, int(found[3])):
            return False
    return True
