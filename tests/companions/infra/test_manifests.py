"""The Jobs of flow runs and everything Terraform plans, held to Kubernetes' own schema and to checkov's rules."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.companions.infra.conftest import (
    CHECKOV,
    HOME,
    PLANS,
    ROOT,
    Terraform,
    needs_checkov,
    needs_terraform,
    needs_tools,
)
from tests.companions.infra.manifests import manifests
from tests.infra.test_rendered_jobs import DEPLOYMENTS, render

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

KUBERNETES = ("1.28", "1.34")
"""The oldest and the newest version that is checked."""

CUSTOM = {"ExternalSecret", "VaultDynamicSecret"}
"""Kinds whose schema is their operator's."""

ACCEPTED = {
    "CKV_K8S_11": "no CPU limit: what runs once a week may use what is idle, and throttling would only make it late",
    "CKV_K8S_15": "the image is named by version or digest, so it need not be pulled again for each run",
    "CKV_K8S_43": "whether by version or by digest is the operator's choice; `latest` is refused",
    "CKV_K8S_35": "tokens by envFrom, as the program reads its environment; the secret that rotates is a file",
}
"""What checkov would have otherwise everywhere, and why it is so. The tests fail when one is no longer needed."""

OF_THE_WORKER = {"CKV_K8S_38": "the worker alone speaks to Kubernetes, so it alone has its account's token"}
OF_A_JOB_ALONE = {"CKV2_K8S_6": "the network policy of flow runs is Terraform's, and checked there"}
OF_A_VARIABLE = {
    "CKV_DOCKER_7": "the base image is an argument with a version; the scanner does not read it",
    "CKV_K8S_14": "the image is a variable whose validation wants a version; the scanner does not read it",
}


def validate(found: list[dict[str, Any]], folder: Path, version: str) -> subprocess.CompletedProcess[str]:
    """kubernetes-validate over manifests, strictly: an unknown field is an error."""
    path = folder / "manifests.yaml"
    for one in found:
        one["metadata"].setdefault("name", one["metadata"].get("generateName", "") + "x7k2p")  # as the server would
    path.write_text(yaml.safe_dump_all(found), encoding="utf-8")
    return subprocess.run(
        [str(HOME / "bin" / "kubernetes-validate"), "--strict", "--kubernetes-version", version, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )


@needs_tools
@pytest.mark.parametrize("version", KUBERNETES)
def test_the_jobs_of_flow_runs_are_valid(tmp_path: Path, version: str) -> None:
    """The Job that the worker would submit for each deployment."""
    done = validate([render(name) for name in DEPLOYMENTS], tmp_path, version)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_tools
def test_a_wrong_level_is_caught(tmp_path: Path) -> None:
    """The mistake of Prefect's own template, `parallelism` in the pod, and a text where a number belongs."""
    job = render("refresh")
    job["spec"]["template"]["spec"]["parallelism"] = 1
    assert validate([job], tmp_path, KUBERNETES[-1]).returncode != 0
    job = render("refresh")
    job["spec"]["activeDeadlineSeconds"] = "1800"
    assert validate([job], tmp_path, KUBERNETES[-1]).returncode != 0


@needs_tools
@needs_terraform
@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("name", PLANS)
def test_what_terraform_plans_is_valid(
    tmp_path: Path, plans: dict[str, dict[str, Any]], terraform: Terraform, name: str, version: str
) -> None:
    """Every resource but those of operators."""
    found = [one for one in manifests(plans[name], terraform.schema) if one["kind"] not in CUSTOM]
    assert len(found) > 15
    done = validate(found, tmp_path, version)
    assert done.returncode == 0, done.stdout + done.stderr


def checkov(*arguments: str, cwd: Path) -> dict[str, list[str]]:
    """The ids of the checks that fail, with where; checkov asks nobody."""
    done = subprocess.run(
        [
            str(CHECKOV / "bin" / "checkov"),
            *("--quiet", "--compact", "--output", "json", "--skip-download"),
            *arguments,
        ],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip().startswith(("{", "[")), done.stdout + done.stderr
    reports = json.loads(done.stdout)
    failed: dict[str, list[str]] = {}
    passed = 0
    for report in reports if isinstance(reports, list) else [reports]:
        if "results" not in report:
            continue
        passed += report["summary"]["passed"]
        assert not report["summary"]["parsing_errors"]
        for one in report["results"]["failed_checks"]:
            failed.setdefault(one["check_id"], []).append(one["resource"])
    assert passed > 5, "checkov found nothing to check"
    return failed


@needs_checkov
def test_checkov_on_the_dockerfile() -> None:
    """User, health command, no secrets."""
    assert set(checkov("--framework", "dockerfile", "--file", "infra/docker/Dockerfile", cwd=ROOT)) == {"CKV_DOCKER_7"}


@needs_checkov
def test_checkov_on_the_jobs_of_flow_runs(tmp_path: Path) -> None:
    """As the worker would submit them."""
    for name in ("refresh", "reparse"):
        job = render(name)
        job["metadata"]["name"] = name
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(job), encoding="utf-8")
    found = checkov("--framework", "kubernetes", "--directory", ".", cwd=tmp_path)
    assert set(found) == {*ACCEPTED, *OF_A_JOB_ALONE}, found


@needs_tools
@needs_checkov
@needs_terraform
@pytest.mark.parametrize("name", ["everything", "little"])
def test_checkov_on_what_terraform_plans(
    tmp_path: Path, plans: dict[str, dict[str, Any]], terraform: Terraform, name: str
) -> None:
    """The manifests of a plan."""
    found = [one for one in manifests(plans[name], terraform.schema) if one["kind"] not in CUSTOM]
    (tmp_path / "manifests.yaml").write_text(yaml.safe_dump_all(found), encoding="utf-8")
    failed = checkov("--framework", "kubernetes", "--directory", ".", cwd=tmp_path)
    assert set(failed) == {*ACCEPTED, *OF_THE_WORKER}, failed
    assert all("job-hunter-worker" in resource for resource in failed["CKV_K8S_38"])


@needs_checkov
def test_checkov_on_the_terraform_files() -> None:
    """As written."""
    found = checkov("--framework", "terraform", "--directory", "infra/terraform", cwd=ROOT)
    assert set(found) == {*ACCEPTED, "CKV_K8S_14"}, found


def test_every_exception_has_its_reason() -> None:
    """A sentence each, and few of them."""
    reasons = ACCEPTED | OF_THE_WORKER | OF_A_JOB_ALONE | OF_A_VARIABLE
    assert len(reasons) < 10
    assert all(len(reason.split()) > 7 for reason in reasons.values())
