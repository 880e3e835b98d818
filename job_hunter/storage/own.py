"""The analyst's own figures, apart from the market's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from job_hunter.storage.tables import OwnCompRow


class OwnFigures(NamedTuple):
    """One of the analyst's packages: parts and total a year in `currency`, and the total in pounds."""

    label: str
    level: str | None
    location: str | None
    currency: str
    base: float | None
    bonus: float | None
    rsu_annual: float | None
    total: float | None
    total_gbp: float | None
    rate_date: date | None
    effective_date: date
    updated_at: datetime


async def upsert_own(connection: AsyncConnection, values: Mapping[str, Any]) -> None:
    """Write one package, by its label; `values` are columns of own_comp."""
    table = OwnCompRow.__table__  # type: ignore[attr-defined]
    statement = insert(table).values(values)
    changed = {name: statement.excluded[name] for name in values if name != "label"}
    await connection.execute(statement.on_conflict_do_update(index_elements=["label"], set_=changed))


async def read_own(connection: AsyncConnection) -> list[OwnFigures]:
    """All packages, the best first."""
    rows = await connection.execute(
        text(
            "SELECT o.label, l.slug, o.location_bucket, o.currency, o.base_value, o.bonus_value, o.rsu_annual_value, "
            "o.total_value, COALESCE(o.total_gbp, o.base_gbp), o.rate_date, o.effective_date, o.updated_at "
            "FROM job_hunter.own_comp o LEFT JOIN job_hunter.levels l ON l.id = o.level_id "
            "ORDER BY 9 DESC NULLS LAST, 1"
        )
    )
    return [OwnFigures(*row) for row in rows]


async def delete_own(connection: AsyncConnection, label: str) -> bool:
    """Remove one package; False when there is none of that label."""
    done = await connection.execute(text("DELETE FROM job_hunter.own_comp WHERE label = :label"), {"label": label})
    return bool(done.rowcount)
