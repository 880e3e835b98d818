"""The Terraform files by a reader of HCL alone, where no terraform is at hand: declared, described, used."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.companions.infra.conftest import PYTHON, ROOT, needs_tools

pytestmark = [pytest.mark.slow, needs_tools]

FOLDER = ROOT / "infra" / "terraform"
MODULES = (FOLDER, FOLDER / "modules" / "deployment")
READ = "import hcl2, json, sys; json.dump({path: hcl2.load(open(path)) for path in sys.argv[1:]}, sys.stdout)"


@pytest.fixture(scope="module")
def files() -> dict[Path, dict[str, Any]]:
    """Every file of Terraform, parsed."""
    paths = sorted(str(path) for pattern in ("*.tf", "*.tftest.hcl") for path in FOLDER.rglob(pattern))
    done = subprocess.run([str(PYTHON), "-c", READ, *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {Path(path): parsed for path, parsed in json.loads(done.stdout).items()}


def blocks(files: dict[Path, dict[str, Any]], module: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and body of each block of a kind in a module's folder."""
    for path, parsed in files.items():
        if path.parent == module:
            for block in parsed.get(kind, []):
                yield from ((name.strip('"'), body) for name, body in block.items() if not name.startswith("__"))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_every_variable_has_a_type_and_a_description(files: dict[Path, dict[str, Any]], module: Path) -> None:
    """And none that admits anything."""
    found = dict(blocks(files, module, "variable"))
    assert len(found) > 10
    for name, body in found.items():
        assert len(body["description"]) > 8, name
        assert "any" not in re.findall(r"\w+", str(body["type"])), name


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_every_output_has_a_description(files: dict[Path, dict[str, Any]], module: Path) -> None:
    """What it is for."""
    assert all(len(body["description"]) > 8 for _, body in blocks(files, module, "output"))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_every_reference_is_declared_and_every_declaration_used(
    files: dict[Path, dict[str, Any]], module: Path
) -> None:
    """`var.x` and `local.x` exist in their module, and nothing is declared for nobody."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in module.glob("*.tf"))
    declared = {
        "var": {name for name, _ in blocks(files, module, "variable")},
        "local": {name for name, _ in blocks(files, module, "locals")},
    }
    for kind, names in declared.items():
        used = set(re.findall(rf"(?<![\w.]){kind}\.(\w+)", text))
        assert used - names == set(), f"not declared: {kind}"
        assert names - used == set(), f"not used: {kind}"


def test_every_test_names_variables_that_exist(files: dict[Path, dict[str, Any]]) -> None:
    """A misspelt variable in a test would be ignored."""
    known = {name for name, _ in blocks(files, FOLDER, "variable")}
    for path, parsed in files.items():
        if path.name.endswith(".tftest.hcl"):
            bodies = [*parsed["variables"]]
            for run in parsed["run"]:
                for body in run.values():
                    if isinstance(body, dict):
                        bodies += body.get("variables", [])
            assert {name for body in bodies for name in body if not name.startswith("__")} <= known, path.name
            assert len(parsed["run"]) > 3


def test_providers_are_configured_in_the_root_only(files: dict[Path, dict[str, Any]]) -> None:
    """A module that configures a provider cannot be used twice, nor removed."""
    for path, parsed in files.items():
        if path.parent != FOLDER and path.suffix == ".tf":
            assert "provider" not in parsed, path
    assert [name for name, _ in blocks(files, FOLDER, "provider")] == ["kubernetes"]


def test_provider_versions_are_bounded_and_equal(files: dict[Path, dict[str, Any]]) -> None:
    """The module wants what the root wants."""
    wanted = []
    for module in MODULES:
        (terraform,) = files[module / "versions.tf"]["terraform"]
        (providers,) = terraform["required_providers"]
        wanted.append((terraform["required_version"], providers["kubernetes"]))
        assert "<" in wanted[-1][0]
        assert "<" in str(wanted[-1][1])
    assert wanted[0] == wanted[1]
