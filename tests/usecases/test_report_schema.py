"""The report's JSON has the fields that docs/report-schema.md lists, and no others."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from job_hunter.domain.leaders import SCHEMA_VERSION
from job_hunter.report import render_json
from job_hunter.usecases.analyze import analyze
from tests.usecases.conftest import END, Market

DOCUMENT = Path(__file__).parents[2] / "docs" / "report-schema.md"
TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "day": (str,),
    "time": (str,),
    "int": (int,),
    "number": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}


def documented() -> dict[str, tuple[type, ...]]:
    """The paths of the document and the types each may have."""
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    return {path: sum((TYPES[one] for one in kind.strip().split(" or ")), ()) for path, kind in rows}


def found(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every leaf of a document with its path; an empty list is a leaf without a value."""
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in found(one, f"{path}.{key}" if path else key)]
    if isinstance(value, list):
        return [leaf for one in value for leaf in found(one, f"{path}[]")] or [(f"{path}[]", ...)]
    return [(path, value)]


async def test_every_field_is_documented_and_of_its_type(market: Market) -> None:
    """Over two weeks with a board missing and a package of one's own: each leaf stands in the table, with its type."""
    async with market.database() as database:
        empty = await analyze(database, at=market.at)
    market.set_date(END - timedelta(days=7))
    await market.refresh()
    market.set_date(END)
    market.sandbox.fault("not_found", board=market.companies[0].ats_id)
    await market.refresh()
    async with market.database() as database:
        async with database.transaction() as connection:
            await connection.exec_driver_sql(
                "INSERT INTO job_hunter.own_comp (label, total_value, total_gbp, effective_date, updated_at) "
                "VALUES ('package', 150000, 150000, '2026-01-01', now())"
            )
        report = await analyze(database, at=market.at)
    table = documented()
    seen = set()
    for document in (json.loads(render_json(report)), json.loads(render_json(empty))):
        assert document["schema_version"] == SCHEMA_VERSION
        for path, value in found(document):
            known = path in table or any(name.startswith(f"{path}.") for name in table)
            assert known, path
            if value is not ... and path in table:
                assert isinstance(value, table[path]), (path, value)
                assert not isinstance(value, bool) or bool in table[path], (path, value)
            seen.add(path)
    assert json.loads(render_json(empty))["movers"]["available"] is False
    missing = {path for path in table if path not in seen} - {"evidence.reported"}
    assert not missing
