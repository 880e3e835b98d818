"""What a dashboard is made of, and the JSON that Grafana 10.4 and newer reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any

DATASOURCE = {"type": "postgres", "uid": "job-hunter-pg"}
COLUMNS = 24


def _statement(sql: str) -> str:
    """`sql` without the indentation of its first line; fragments that were put into it may have had less."""
    lines = sql.strip("\n").rstrip().splitlines()
    depth = len(lines[0]) - len(lines[0].lstrip())
    return "\n".join(line[min(depth, len(line) - len(line.lstrip())) :] for line in lines)


GBP = {"unit": "currencyGBP", "decimals": 0}
SHARE = {"unit": "percentunit", "decimals": 0, "min": 0, "max": 1}
COUNT = {"unit": "short", "decimals": 0, "min": 0}


@dataclass(frozen=True, slots=True)
class Variable:
    """A list to choose from. `sql` gives __value and perhaps __text; without it `choices` are (text, value) pairs."""

    name: str
    label: str
    sql: str | None = None
    choices: tuple[tuple[str, str], ...] = ()
    default: str | None = None  # None: All, where several may be chosen
    many: bool = True
    description: str = ""

    def to_data(self) -> dict[str, Any]:
        """As Grafana has it."""
        text = next((text for text, value in self.choices if value == self.default), self.default)
        current: dict[str, Any] = {"text": text, "value": self.default}
        if self.many:
            current = {"text": [text or "All"], "value": [self.default or "$__all"]}
        data: dict[str, Any] = {
            "name": self.name,
            "label": self.label,
            "description": self.description,
            "type": "query" if self.sql else "custom",
            "multi": self.many,
            "includeAll": self.many,
            "hide": 0,
            "skipUrlSync": False,
            "current": current,
        }
        if self.sql:
            query = _statement(self.sql)
            return data | {
                "datasource": DATASOURCE,
                "query": query,
                "definition": query,
                "refresh": 1,
                "sort": 0,
                "regex": "",
            }
        choices = [{"text": text, "value": value, "selected": value == self.default} for text, value in self.choices]
        query = ", ".join(f"{text} : {value}" for text, value in self.choices)
        return data | {"options": choices, "query": query}


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel. `kind` is Grafana's panel type; a series needs the columns time, metric and value."""

    title: str
    kind: str
    sql: str
    about: str
    width: int
    is_series: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # properties of single columns

    def to_data(self, number: int, x: int, y: int, height: int) -> dict[str, Any]:
        """As Grafana has it."""
        data: dict[str, Any] = {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": " ".join(self.about.split()),
            "gridPos": {"h": height, "w": self.width, "x": x, "y": y},
            "options": dict(self.options),
        }
        if self.kind == "text":
            return data
        return data | {
            "datasource": DATASOURCE,
            "fieldConfig": {
                "defaults": {**self.defaults, "custom": dict(self.custom)},
                "overrides": [
                    {
                        "matcher": {"id": "byName", "options": name},
                        "properties": [{"id": key, "value": value} for key, value in properties.items()],
                    }
                    for name, properties in self.columns.items()
                ],
            },
            "targets": [
                {
                    "refId": "A",
                    "datasource": DATASOURCE,
                    "editorMode": "code",
                    "format": "time_series" if self.is_series else "table",
                    "rawQuery": True,
                    "rawSql": _statement(self.sql),
                }
            ],
        }


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Rows of panels under a list of variables; a row is its height and its panels from left to right."""

    uid: str
    title: str
    about: str
    since: str
    variables: Sequence[Variable]
    rows: Sequence[tuple[int, Sequence[Panel]]]

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps(self.to_data(), indent=2, ensure_ascii=False) + "\n"

    def to_data(self) -> dict[str, Any]:
        """As Grafana has it. Raises ValueError for a row that is wider than the page."""
        panels: list[dict[str, Any]] = []
        y = 0
        for height, row in self.rows:
            x = 0
            for panel in row:
                panels.append(panel.to_data(len(panels) + 1, x, y, height))
                x += panel.width
            if x > COLUMNS:
                raise ValueError(f"{self.title}: a row is {x} columns wide: {', '.join(panel.title for panel in row)}")
            y += height
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.about,
            "tags": ["job-hunter"],
            "schemaVersion": 39,
            "version": 1,
            "editable": True,
            "graphTooltip": 1,
            "timezone": "utc",  # snapshot days are days in UTC
            "weekStart": "monday",
            "refresh": "",
            "time": {"from": self.since, "to": "now"},
            "links": [
                {
                    "type": "dashboards",
                    "title": "Job Hunter",
                    "tags": ["job-hunter"],
                    "asDropdown": False,
                    "includeVars": True,
                    "keepTime": True,
                    "targetBlank": False,
                    "icon": "external link",
                    "tooltip": "",
                    "url": "",
                }
            ],
            "templating": {"list": [variable.to_data() for variable in self.variables]},
            "annotations": {"list": []},
            "panels": panels,
        }


LINES: Mapping[str, Any] = {
    "drawStyle": "line",
    "lineWidth": 2,
    "showPoints": "always",
    "pointSize": 4,
    "spanNulls": False,  # a day that was not read is a gap, never a line drawn across it
    "insertNulls": False,
}
BARS: Mapping[str, Any] = {
    "drawStyle": "bars",
    "fillOpacity": 70,
    "lineWidth": 0,
    "stacking": {"mode": "normal", "group": "A"},
}
SERIES_OPTIONS: Mapping[str, Any] = {
    "legend": {
        "displayMode": "table",
        "placement": "right",
        "calcs": ["lastNotNull"],
        "sortBy": "Last *",
        "sortDesc": True,
    },
    "tooltip": {"mode": "multi", "sort": "desc"},
}


def series(title: str, sql: str, about: str, width: int, *, bars: bool = False, **defaults: Any) -> Panel:
    """A time series, as lines or stacked bars."""
    return Panel(title, "timeseries", sql, about, width, True, defaults, BARS if bars else LINES, SERIES_OPTIONS)


def table(title: str, sql: str, about: str, width: int, /, **columns: Mapping[str, Any]) -> Panel:
    """A table; keyword arguments are properties of its columns, with blanks as underscores."""
    named = {name.replace("_", " "): properties for name, properties in columns.items()}
    options = {"showHeader": True, "cellHeight": "sm", "footer": {"show": False}}
    return Panel(
        title, "table", sql, about, width, custom={"align": "auto", "filterable": True}, options=options, columns=named
    )


def stat(
    title: str, sql: str, about: str, width: int, *, columns: Mapping[str, Any] | None = None, **defaults: Any
) -> Panel:
    """One figure, or several: a column each."""
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "/.*/", "values": False},
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "textMode": "auto",
    }
    return Panel(title, "stat", sql, about, width, defaults=defaults, options=options, columns=columns or {})


def bars(title: str, sql: str, about: str, width: int, x: str, *, is_flat: bool = False, **defaults: Any) -> Panel:
    """Bars over the words in the column `x`, the other columns stacked; `is_flat` lays them down."""
    options = {
        "xField": x,
        "orientation": "horizontal" if is_flat else "vertical",
        "stacking": "normal",
        "showValue": "auto",
        "legend": {"displayMode": "list", "placement": "bottom", "calcs": []},
        "tooltip": {"mode": "multi", "sort": "none"},
    }
    return Panel(title, "barchart", sql, about, width, defaults=defaults, custom={"fillOpacity": 80}, options=options)


def words(title: str, text: str, width: int) -> Panel:
    """A text in Markdown."""
    return Panel(title, "text", "", "", width, options={"mode": "markdown", "content": cleandoc(text)})


def thresholds(*steps: tuple[str, float | None]) -> dict[str, Any]:
    """Colours by value: each from its number on, the first one from below."""
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for color, value in steps]}


def timeline(title: str, sql: str, about: str, width: int, **defaults: Any) -> Panel:
    """A row of coloured blocks for each metric."""
    options = {"showValue": "never", "rowHeight": 0.8, "mergeValues": False, "legend": {"showLegend": True}}
    return Panel(title, "state-timeline", sql, about, width, True, defaults, {"fillOpacity": 70}, options)
