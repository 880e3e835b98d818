"""The wheel holds what an installed copy reads outside its packages: the image is made of it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from the checkout."""
    folder: Path = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


@pytest.mark.parametrize(
    "name",
    [
        "flows/bootstrap.py",
        "job_hunter/_data/prefect.yaml",
        "job_hunter/_data/infra/prefect/base-job-template.json",
        "job_hunter/_data/alembic/env.py",
        *(f"job_hunter/_data/config/{path.name}" for path in sorted((ROOT / "config").glob("*.yaml"))),
    ],
)
def test_the_wheel_holds(names: set[str], name: str) -> None:
    """What `flows.bootstrap`, `migrate` and the configuration look for beside the package."""
    assert name in names


def test_the_wheel_holds_no_tests_and_no_infrastructure(names: set[str]) -> None:
    """Only what runs is in the image."""
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "infra/", "scripts/"))]
