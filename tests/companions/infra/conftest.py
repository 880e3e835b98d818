"""Terraform on a copy of infra/, with a provider that knows the real one's schema and no cluster."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
HOME = ROOT / ".venv-companions" / "infra"
CHECKOV = ROOT / ".venv-companions" / "checkov"
PYTHON = HOME / "bin" / "python"
VERSIONS = ("2.38.0", "3.4.0")
"""Of the real provider: the newest of each major version that versions.tf admits."""

IMAGE = "registry.example/job-hunter:1.2.3"
SECRET = "hidden-value-of-a-secret"
BASE: dict[str, Any] = {
    "image": IMAGE,
    "database": {"host": "main-rw.postgres.svc", "namespace": "postgres", "pod_labels": {"cnpg.io/cluster": "main"}},
}
PLAIN: dict[str, Any] = {
    "secrets": {
        "database_url": f"postgresql://job_hunter:{SECRET}@main-rw.postgres.svc:5432/job_hunter",
        "webhook_bearer_token": SECRET,
        "webhook_bearer_token_previous": SECRET,
        "cdio_api_key": SECRET,
        "notify_urls": f"ntfy://{SECRET}",
        "prefect_database_url": f"postgresql+asyncpg://prefect:{SECRET}@main-rw.postgres.svc:5432/prefect",
        "grafana_password": SECRET,
    }
}
VAULT: dict[str, Any] = {"external_secrets": {"vault_address": "https://vault.vault.svc:8200"}}
PLANS: dict[str, dict[str, Any]] = {
    "plain": BASE | PLAIN,
    "vault": BASE | VAULT,
    "everything": BASE
    | VAULT
    | {
        "external_secrets": {"vault_address": "https://vault.vault.svc:8200", "vault_ca_bundle": "LS0t"},
        "image_pull_secrets": ["registry"],
        "settings": {"CDIO_BASE_URL": "http://cdio.watch.svc:5000", "JOB_HUNTER_NOTIFY": "on"},
        "config_dir": "../../config",
        "receiver_clients": [{"namespace": "watch", "pod_labels": {"app": "changedetection"}}],
        "flow_destinations": [{"port": 5000, "namespace": "watch"}, {"port": 587, "cidrs": ["192.168.1.5/32"]}],
        "web_ports": [80, 443],
        "shard_workers": 1,
        "prefect": {"ui_clients": [{"namespace": "ingress"}]},
        "schedules_paused": True,
    },
    "little": BASE
    | PLAIN
    | {
        "create_namespace": False,
        "database": {"host": "192.168.1.20", "cidrs": ["192.168.1.20/32"], "sslmode": "verify-full"},
        "prefect": {"api_url": "http://prefect.prefect.svc:4200/api", "namespace": "prefect"},
        "grafana": None,
        "cluster_uid": "home",
        "kubernetes_api": {"cidrs": ["192.0.2.10/32"]},
    },
}

needs_tools = pytest.mark.skipif(
    not (HOME / "ready").exists(), reason="run tests/companions/infra/setup.sh to install what checks manifests"
)
needs_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH")
needs_checkov = pytest.mark.skipif(
    not (CHECKOV / "ready").exists(), reason="run tests/companions/infra/setup.sh to install checkov"
)


@dataclass(frozen=True, slots=True)
class Terraform:
    """A copy of the project's infra/ that is initialised with one version of the schema."""

    folder: Path
    env: dict[str, str]
    schema: dict[str, Any]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run terraform in infra/terraform of the copy."""
        return subprocess.run(
            ["terraform", *arguments], cwd=self.folder, env=self.env, capture_output=True, text=True, check=False
        )

    def plan(self, variables: dict[str, Any]) -> dict[str, Any]:
        """The plan for these variables, as JSON."""
        path = self.folder / "plan.tfvars.json"
        path.write_text(json.dumps(variables), encoding="utf-8")
        done = self.run("plan", "-input=false", "-no-color", f"-var-file={path}", "-out=plan.bin")
        assert done.returncode == 0, done.stdout + done.stderr
        shown = self.run("show", "-json", "plan.bin")
        assert shown.returncode == 0, shown.stderr
        plan: dict[str, Any] = json.loads(shown.stdout)
        return plan


def make_terraform(work: Path, version: str, change: Callable[[Path], None] | None = None) -> Terraform:
    """A copy of infra/ under `work`, after `change`, initialised from a mirror that holds only the stub."""
    for name in ("infra", "config"):
        shutil.copytree(ROOT / name, work / name, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    folder = work / "infra" / "terraform"
    if change is not None:
        change(folder)
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "infra" / "terraform").rglob("*.tf"))
    schema = json.loads((HOME / "schemas" / f"{version}.json").read_text(encoding="utf-8"))
    for part in ("resources", "data-sources"):  # the provider is started many times, and then quicker
        schema[part] = {name: one for name, one in schema[part].items() if f'"{name}"' in text}
    (work / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    program = (
        work / "mirror" / schema["name"] / version / f"linux_{machine}" / f"terraform-provider-kubernetes_v{version}"
    )
    program.parent.mkdir(parents=True)
    stub = Path(__file__).with_name("stub_provider.py")
    program.write_text(f'#!/bin/sh\nexec "{PYTHON}" "{stub}" "{work / "schema.json"}"\n', encoding="utf-8")
    program.chmod(0o755)
    settings = work / "terraform.rc"
    mirror = f'filesystem_mirror {{\n    path = "{work / "mirror"}"\n  }}'
    settings.write_text(f"disable_checkpoint = true\nprovider_installation {{\n  {mirror}\n}}\n", encoding="utf-8")
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(work),
        "TF_CLI_CONFIG_FILE": str(settings),
        "TF_IN_AUTOMATION": "1",
        "TMPDIR": str(work),
    }
    terraform = Terraform(folder, env, schema)
    done = terraform.run("init", "-input=false", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
    return terraform


@pytest.fixture(scope="session", params=VERSIONS)
def each_version(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Terraform with each major version of the provider."""
    return make_terraform(tmp_path_factory.mktemp("terraform"), request.param)


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Terraform with the newest version of the provider."""
    return make_terraform(tmp_path_factory.mktemp("terraform"), VERSIONS[-1])


@pytest.fixture(scope="session")
def plans(terraform: Terraform) -> dict[str, dict[str, Any]]:
    """The plans of PLANS, as JSON."""
    return {name: terraform.plan(variables) for name, variables in PLANS.items()}
