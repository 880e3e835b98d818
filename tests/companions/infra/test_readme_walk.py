"""infra/terraform/README.md walked as a new operator does: its example and its secrets, word for word, give a plan."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.companions.infra.conftest import ROOT, VERSIONS, make_terraform, needs_terraform, needs_tools

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), needs_terraform, needs_tools]

README = (ROOT / "infra" / "terraform" / "README.md").read_text(encoding="utf-8")


def _block(language: str, word: str) -> str:
    (found,) = [block for block in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if word in block]
    return str(found)


@pytest.mark.parametrize("secrets", ["Vault", "environment"])
def test_the_example_can_be_planned(tmp_path: Path, secrets: str) -> None:
    """With the secrets from Vault as the example stands, and from the environment as the README writes it."""
    terraform = make_terraform(tmp_path, VERSIONS[-1])
    example = _block("hcl", "# terraform.tfvars")
    script = "terraform plan -input=false -no-color"
    if secrets == "environment":
        example = "\n".join(line for line in example.splitlines() if not line.startswith("external_secrets"))
        script = f"{_block('sh', 'TF_VAR_secrets')}\n{script}"
    (terraform.folder / "terraform.tfvars").write_text(example, encoding="utf-8")
    done = subprocess.run(
        ["bash", "-euc", script], cwd=terraform.folder, env=terraform.env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    planned = re.findall(r"# (\S+) will be created", done.stdout)
    assert {"kubernetes_job_v1.bootstrap", 'module.worker["main"].kubernetes_deployment_v1.this'} <= set(planned)
    assert ("kubernetes_manifest.login_secret" in done.stdout) == (secrets == "Vault")
