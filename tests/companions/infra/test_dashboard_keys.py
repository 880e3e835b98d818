"""Every key of a dashboard is one that Grafana knows: its own types read it and give it back."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".venv-companions" / "grafana" / "bin" / "python"
DASHBOARDS = sorted((ROOT / "infra" / "grafana" / "dashboards").glob("*.json"))
UNTYPED = re.compile(r"\.templating\.list\[\d+\]\.definition")
"""Grafana writes it, and shows it in the list of variables; its published types leave it out."""

pytestmark = pytest.mark.skipif(
    not PYTHON.parents[1].joinpath("ready").exists(),
    reason="run tests/companions/infra/setup.sh to install Grafana's types",
)


def lost(dashboard: dict[str, Any]) -> list[str]:
    """What does not come back from a round trip."""
    done = subprocess.run(
        [PYTHON, Path(__file__).with_name("round_trip.py")],
        input=json.dumps(dashboard),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [path for path in done.stdout.splitlines() if not UNTYPED.fullmatch(path)]


@pytest.mark.parametrize("path", DASHBOARDS, ids=[path.stem for path in DASHBOARDS])
def test_a_dashboard_survives_a_round_trip(path: Path) -> None:
    """Nothing is lost: no key is misspelt, and none stands where Grafana does not look for it."""
    assert lost(json.loads(path.read_text(encoding="utf-8"))) == []


MISTAKES: list[tuple[str, Callable[[dict[str, Any]], None], str]] = [
    ("a misspelt key of the dashboard", lambda board: board.update(refreshs="5m"), ".refreshs"),
    (
        "a misspelt option of a panel",
        lambda board: board["panels"][0]["options"].update(colourMode="value"),
        ".panels[0].options.colourMode",
    ),
    (
        "a unit outside of its defaults",
        lambda board: board["panels"][0]["fieldConfig"].update(unit="currencyGBP"),
        ".panels[0].fieldConfig.unit",
    ),
]


@pytest.mark.parametrize(("mistake", "path"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES])
def test_a_mistake_is_caught(mistake: Callable[[dict[str, Any]], None], path: str) -> None:
    """What Grafana would quietly ignore."""
    board = json.loads((ROOT / "infra" / "grafana" / "dashboards" / "job-hunter.json").read_text(encoding="utf-8"))
    mistake(board)
    assert lost(board) == [path]
