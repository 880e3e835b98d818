"""Concurrency slots at the Prefect server that a killed run left taken, seen through its HTTP API."""

from __future__ import annotations

import orjson

from job_hunter.errors import SourceChanged
from job_hunter.sources.http import Http

TAGS = ("ats-board", "db-write")
"""The tags whose limits the flows set."""


async def read_taken_slots(http: Http, api_url: str) -> dict[str, int]:
    """How many slots of each of our tags are taken; tags without a limit are left out.

    Raises the `SourceError` family.
    """
    answer = await http.request("POST", "prefect", f"{api_url}/concurrency_limits/filter", json={"limit": 200})
    try:
        limits = {limit["tag"]: len(limit["active_slots"]) for limit in orjson.loads(answer.body)}
    except (ValueError, TypeError, KeyError) as error:
        raise SourceChanged(f"{api_url} answers like no Prefect 2 API: check PREFECT_API_URL") from error
    return {tag: limits[tag] for tag in TAGS if tag in limits}
