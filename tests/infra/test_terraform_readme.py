"""The Terraform beside what it must agree with: its README, the job template, and no address of any registry."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from flows.bootstrap import POOL_LIMITS, job_template, project_file

ROOT = Path(__file__).resolve().parents[2]
TERRAFORM = ROOT / "infra" / "terraform"
REGISTRIES = re.compile(
    r"(?:registry\.(?!example)[\w-]+\.\w+|pypi\.org|files\.pythonhosted|docker\.io|ghcr\.io|quay\.io|gcr\.io|registry\.k8s"
    r"|releases\.hashicorp|npmjs|deb\.debian)"
)


def text_of(pattern: str) -> str:
    """All files of a pattern below infra/terraform as one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(TERRAFORM.rglob(pattern)))


@pytest.mark.parametrize("folder", ["infra", "tests/companions/infra", "tests/companions/image", "tests/infra"])
def test_no_file_names_a_registry(folder: str) -> None:
    """Where packages come from is each machine's own business."""
    for path in sorted((ROOT / folder).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path != Path(__file__):
            found = REGISTRIES.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{path}: {found and found[0]}"


def test_terraform_and_the_job_template_use_the_same_names() -> None:
    """Secrets, account, ConfigMap and pools are written down twice, and must be the same."""
    variables = job_template({"image": "x"})["variables"]["properties"]
    text = text_of("*.tf")
    for name in ("database_secret", "app_secret", "config_map", "service_account_name"):
        assert f'"{variables[name]["default"]}"' in text, name
    assert "/etc/job-hunter/config" in text
    template = json.loads(project_file("infra/prefect/base-job-template.json").read_text(encoding="utf-8"))
    pod = template["job_configuration"]["job_manifest"]["spec"]["template"]
    assert pod["metadata"]["labels"]["app.kubernetes.io/component"] == "flow-run"
    assert '"flow-run"' in text
    assert 'name      = "job-hunter"' in text
    assert {pool.replace("job-hunter", "${local.name}") for pool in POOL_LIMITS} == {
        "${local.name}",
        "${local.name}-shards",
    }
    assert '"${local.name}-shards"' in text


def test_what_terraform_sets_is_a_variable_of_the_template() -> None:
    """Bootstrap would refuse another name, and the apply would fail."""
    block = re.search(r"job_variables = merge\(\s*\{(.*?)\}", text_of("locals.tf"), re.DOTALL)
    assert block is not None
    names = re.findall(r"^\s*(\w+)\s*=", block[1], re.MULTILINE)
    assert len(names) > 4
    assert set(names) <= set(job_template({"image": "x"})["variables"]["properties"])


def test_the_readme_names_every_vault_path_and_key() -> None:
    """The defaults of variables.tf, and the keys that become variables."""
    readme = (TERRAFORM / "README.md").read_text(encoding="utf-8")
    for name in ("database_path", "grafana_path", "app_key", "prefect_key", "secret_store"):
        default = re.search(rf'{name}\s+= optional\(string, "([^"]+)"\)', text_of("variables.tf"))
        assert default is not None, name
        assert f"`{default[1]}`" in readme, default[1]
    for key in (
        *("WEBHOOK_BEARER_TOKEN", "WEBHOOK_BEARER_TOKEN_PREVIOUS", "CDIO_API_KEY", "JOB_HUNTER_NOTIFY_URLS"),
        *("PREFECT_API_DATABASE_CONNECTION_URL", "JOB_HUNTER_PG_PASSWORD"),
    ):
        assert f"`{key}`" in readme


def test_the_readme_names_only_variables_that_exist() -> None:
    """What stands in backticks or in the example and looks like a variable is one."""
    readme = (TERRAFORM / "README.md").read_text(encoding="utf-8")
    known = set(re.findall(r'^variable "(\w+)"', text_of("variables.tf"), re.MULTILINE))
    example = readme[readme.index("```hcl") :].split("```")[1]
    used = set(re.findall(r"^(\w+)\s*=", example, re.MULTILINE))
    assert {"image", "database"} <= used <= known
    for name in ("secrets", "secrets_revision", "schedules_paused", "keep_runs_days", "dns_cidrs", "config_dir"):
        assert f"`{name}" in readme
        assert name in known


def test_the_readme_names_only_objects_that_are_made() -> None:
    """Every name of ours in a kubectl command is in the Terraform, and so are the accounts of Vault's roles."""
    text = text_of("*.tf")
    names = set(re.findall(r'"(job-hunter[\w-]*)"', text))
    names |= {f"job-hunter-worker-{pool}" for pool in re.findall(r"\{ (\w+) = \{ pool = ", text)}
    readme = (TERRAFORM / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^kubectl -n job-hunter .*", readme, re.MULTILINE)
    assert len(commands) > 4
    for command in commands:
        for kind, name in re.findall(r"(\w+)/(job-hunter[\w-]*)", command):
            assert name in names, (kind, name)
    accounts = re.findall(r"bound_service_account_names=([\w-]+)", readme)
    assert len(accounts) == 2
    assert set(accounts) <= names
