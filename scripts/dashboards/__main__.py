"""Write the dashboards; `--check` writes nothing and fails when a file is not what this would write."""

from __future__ import annotations

import sys
from pathlib import Path

from scripts.dashboards import hiring, market, operations

FOLDER = Path(__file__).resolve().parents[2] / "infra" / "grafana" / "dashboards"
DASHBOARDS = {
    "job-hunter.json": market.DASHBOARD,
    "hiring.json": hiring.DASHBOARD,
    "operations.json": operations.DASHBOARD,
}


def main() -> int:
    """Write or check every file; 1 when a check finds one that is not current."""
    stale = []
    for name, dashboard in DASHBOARDS.items():
        path, text = FOLDER / name, dashboard.to_json()
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    for name in stale:
        print(f"infra/grafana/dashboards/{name}: not current, run python -m scripts.dashboards")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
