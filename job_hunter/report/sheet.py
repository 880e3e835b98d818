"""Rows for other programs: CSV that no spreadsheet takes for formulas, and JSON lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import orjson

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_line(values: Sequence[Any]) -> str:
    """One line of CSV; a text that a spreadsheet would run gets an apostrophe before it, as OWASP advises."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow([_cell(value) for value in values])
    return buffer.getvalue()


def json_line(names: Sequence[str], values: Sequence[Any]) -> str:
    """One line of JSON with exact values."""
    return orjson.dumps(dict(zip(names, values, strict=True)), default=str).decode() + "\n"


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, str):
        text = value.replace("\x00", "").replace("\r", " ")
        return f"'{text}" if text.startswith(_FORMULA) or value.startswith(_FORMULA) else text
    return value
