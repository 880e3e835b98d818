"""Read a dashboard from standard input into Grafana's own types and print what did not come back, a line each.

Run by a Python that has `grafana-foundation-sdk`, whose types are made from Grafana's schemas.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(before: Any, after: Any, path: str) -> Iterator[str]:
    """The paths at which `after` has not what `before` says; empty values may go."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from lost(value, after[key], f"{path}.{key}")
            elif value not in (None, [], {}, "", False, 0):
                yield f"{path}.{key}"
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for n, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from lost(one, other, f"{path}[{n}]")
    elif before != after:
        yield path


def main() -> None:
    """Round trip of one dashboard."""
    register_default_plugins()
    text = sys.stdin.read()
    after = json.loads(JSONEncoder().encode(Dashboard.from_json(json.loads(text))))
    sys.stdout.writelines(f"{path}\n" for path in lost(json.loads(text), after, ""))


if __name__ == "__main__":
    main()
