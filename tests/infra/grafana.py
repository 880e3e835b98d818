"""Grafana's part between a dashboard's file and Postgres: variables and macros, expanded by its rules.

Of the formats and macros that Grafana has, those that our dashboards use; any other is an error here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

GRAFANA = Path(__file__).resolve().parents[2] / "infra" / "grafana"
DASHBOARDS = tuple(sorted((GRAFANA / "dashboards").glob("*.json")))
ALL = "$__all"

Values = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Range:
    """The time range of a dashboard."""

    since: datetime
    until: datetime


def read(path: Path) -> dict[str, Any]:
    """A dashboard."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def panels(dashboard: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The panels that ask the database."""
    return [panel for panel in dashboard["panels"] if panel["type"] not in ("text", "row")]


def expand(sql: str, values: Values, during: Range) -> str:
    """The statement that Postgres gets."""
    return _macros(_variables(sql, values), during)


def _variables(sql: str, values: Values) -> str:
    def one(found: re.Match[str]) -> str:
        name, style = found["name"], found["style"]
        if name not in values:
            raise KeyError(f"variable {name} is not declared")
        if style != "sqlstring":
            raise ValueError(f"format {style!r} of {name}: only sqlstring quotes for Postgres")
        value = values[name]
        return ",".join("'" + item.replace("'", "''") + "'" for item in ([value] if isinstance(value, str) else value))

    sql = re.sub(r"\$\{(?P<name>\w+)(?::(?P<style>\w+))?\}", one, sql)
    plain = re.search(r"\$(?!__)\w+|\[\[\w+", sql)
    if plain:
        raise ValueError(f"{plain[0]}: say which format")
    return sql


def _macros(sql: str, during: Range) -> str:
    def stamp(at: datetime) -> str:
        return "'" + at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") + "'"

    def one(found: re.Match[str]) -> str:
        name, argument = found[1], found[2].strip()
        if name == "__timeFilter" and argument:
            return f"{argument} BETWEEN {stamp(during.since)} AND {stamp(during.until)}"
        if name == "__timeFrom":
            return stamp(during.since)
        if name == "__timeTo":
            return stamp(during.until)
        raise ValueError(f"macro {found[0]} is not one of ours")

    sql = re.sub(r"\$(__[_a-zA-Z0-9]+)\(([^)]*)\)", one, sql)
    if "$__" in sql:
        raise ValueError(f"a macro without parentheses: {sql[sql.index('$__') :][:30]}")
    return sql
