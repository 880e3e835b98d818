"""The Terraform README followed from nothing: its example planned as written, and Prefect's own database restored."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from job_hunter.settings import process_environment
from tests.companions.infra.conftest import VERSIONS, Terraform, make_terraform, needs_terraform, needs_tools
from tests.infra.test_database_roles import README, block, new_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TEXT = README.read_text(encoding="utf-8")
BACKEND = block("Where the state lies is yours to say", "hcl")


@pytest.fixture
def fresh(tmp_path: Path) -> Terraform:
    """The folder as it is checked out, with the README's terraform.tfvars."""
    terraform = make_terraform(tmp_path, VERSIONS[-1])
    (terraform.folder / "terraform.tfvars").write_text(block("## 3. Apply", "hcl"), encoding="utf-8")
    return terraform


@needs_terraform
@needs_tools
def test_the_example_is_planned_with_vault(fresh: Terraform) -> None:
    """Nothing else is asked for."""
    done = fresh.run("plan", "-input=false", "-no-color")
    assert done.returncode == 0, done.stderr
    assert "0 to change, 0 to destroy" in done.stdout


@needs_terraform
@needs_tools
def test_the_example_is_planned_with_given_secrets(fresh: Terraform) -> None:
    """With the line that names Vault taken out, and the secrets in the environment as the README exports them."""
    variables = fresh.folder / "terraform.tfvars"
    variables.write_text(re.sub(r"external_secrets .*\n", "", variables.read_text(encoding="utf-8")), encoding="utf-8")
    assert fresh.run("plan", "-input=false", "-no-color").returncode != 0
    export = block("## 2. The secrets", "sh").replace("…", "sixteen-letters-x")
    shown = subprocess.run(
        ["bash", "-euc", f'{export}\nprintf %s "$TF_VAR_secrets"'], capture_output=True, text=True, check=True
    )
    fresh.env["TF_VAR_secrets"] = shown.stdout
    done = fresh.run("plan", "-input=false", "-no-color")
    assert done.returncode == 0, done.stderr
    assert "sixteen-letters-x" not in done.stdout


@needs_terraform
@needs_tools
def test_the_backend_can_be_read(fresh: Terraform) -> None:
    """With KUBE_CONFIG_PATH it gets as far as the cluster; and it is written as `terraform fmt` writes."""
    (fresh.folder / "backend.tf").write_text(BACKEND, encoding="utf-8")
    assert fresh.run("fmt", "-check", "backend.tf").returncode == 0
    cluster = {"name": "c", "cluster": {"server": "https://127.0.0.1:9"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "c"}}
    kubeconfig = {"apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [cluster]}
    kubeconfig |= {"contexts": [context], "users": [{"name": "c", "user": {}}]}
    (fresh.folder / "kubeconfig").write_text(json.dumps(kubeconfig), encoding="utf-8")
    without = fresh.run("init", "-input=false", "-no-color")
    assert "no configuration has been provided" in without.stderr
    fresh.env["KUBE_CONFIG_PATH"] = str(fresh.folder / "kubeconfig")
    done = fresh.run("init", "-input=false", "-no-color")
    assert "127.0.0.1:9: connect: connection refused" in done.stderr
    (fresh.folder / "backend.tf").write_text(BACKEND.replace("secret_suffix", "secret_sufix"), encoding="utf-8")
    done = fresh.run("init", "-input=false", "-no-color")
    assert "Unsupported argument" in done.stderr


def test_prefects_database_is_restored(tmp_path: Path) -> None:
    """Made by Prefect itself with the README's login, dumped, restored on a new server: Prefect finds nothing to do."""

    def upgrade(url: str) -> str:
        env = process_environment(
            {
                "PREFECT_HOME": str(tmp_path / "prefect"),
                "PREFECT_API_URL": None,
                "PREFECT_API_DATABASE_CONNECTION_URL": url,
            }
        )
        program = str(Path(sys.executable).with_name("prefect"))
        done = subprocess.run(
            [program, "server", "database", "upgrade", "--yes"], env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stderr

    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    with new_server(tmp_path / "a") as server:
        upgrade(server.dsn("prefect", database="prefect"))
        made = server.ask("prefect", tables, database="prefect")
        assert made > 20
        server.shell(f"cd '{tmp_path}'\n{block('## Backup and restore', 'sh')}")
    with new_server(tmp_path / "b") as server:
        server.shell(f"cd '{tmp_path}'\n{block('history, if it is wanted back', 'sh')}")
        assert server.ask("prefect", tables, database="prefect") == made
        upgrade(server.dsn("prefect", database="prefect"))
        assert server.ask("prefect", tables, database="prefect") == made
