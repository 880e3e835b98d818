"""Terraform itself: format, schema, tests, and what its plans would send to a cluster."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.companions.infra.conftest import (
    IMAGE,
    PLANS,
    ROOT,
    SECRET,
    VERSIONS,
    Terraform,
    make_terraform,
    needs_terraform,
    needs_tools,
)
from tests.companions.infra.manifests import manifests

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), needs_terraform]

RESTRICTED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
COMPONENTS = {"worker", "receiver", "prefect", "bootstrap", "tidy"}


def test_the_files_are_formatted() -> None:
    """As `terraform fmt` writes them."""
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", "-diff", str(ROOT / "infra" / "terraform")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@needs_tools
def test_the_configuration_is_valid_in_each_version_of_the_provider(each_version: Terraform) -> None:
    """Every argument and block exists, with what is mandatory, in both major versions that versions.tf admits."""
    done = each_version.run("validate", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr


@needs_tools
@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("jobs.tf", "backoff_limit ", "backof_limit ", "backof_limit"),
        ("jobs.tf", "restart_policy  ", "restart_policies  ", "restart_policies"),
        ("workloads.tf", "port {", "ports {", "ports"),
        ("access.tf", 'kind      = "ServiceAccount"', "", "kind"),
    ],
)
def test_a_mistake_is_caught(tmp_path: Path, file: str, before: str, after: str, message: str) -> None:
    """The stub's schema is sharp: a misspelt argument, a wrong block and a missing argument all fail."""

    def spoil(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert before in text
        (folder / file).write_text(text.replace(before, after, 1), encoding="utf-8")

    done = make_terraform(tmp_path, VERSIONS[-1], spoil).run("validate", "-no-color")
    assert done.returncode != 0
    assert message in done.stdout + done.stderr


@needs_tools
def test_terraform_test_passes(terraform: Terraform) -> None:
    """The module's own tests, with its provider mocked."""
    done = terraform.run("test", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 failed" in done.stdout


@needs_tools
def test_no_secret_is_in_a_plan(plans: dict[str, dict[str, Any]]) -> None:
    """What is given as `secrets` is in no plan and so in no state; nor is any pod told it in clear."""
    for name, plan in plans.items():
        assert SECRET not in json.dumps({key: value for key, value in plan.items() if key != "variables"}), name
        assert SECRET not in json.dumps(plan.get("variables", {})), name


@needs_tools
@pytest.mark.parametrize("name", PLANS)
def test_every_pod_is_as_promised(name: str, plans: dict[str, dict[str, Any]], terraform: Terraform) -> None:
    """Our image, restricted, with limits, in our accounts; a token only where Kubernetes is spoken to."""
    found = manifests(plans[name], terraform.schema)
    accounts = {one["metadata"]["name"] for one in found if one["kind"] == "ServiceAccount"}
    seen = set()
    for component, pod in pods(found):
        seen.add(component)
        assert pod["serviceAccountName"] in accounts
        assert pod["automountServiceAccountToken"] is (component == "worker")
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in (*pod.get("initContainers", []), *pod["containers"]):
            assert container["image"] == IMAGE
            assert container["securityContext"] == RESTRICTED
            assert container["resources"]["limits"].keys() == {"memory"}
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert {"name": "tmp", "mountPath": "/tmp"} in [
                {key: one[key] for key in ("name", "mountPath")} for one in container["volumeMounts"]
            ]
        volumes = {volume["name"] for volume in pod["volumes"]}
        assert volumes == {one["name"] for c in pod["containers"] for one in c["volumeMounts"]}
    assert seen == COMPONENTS - ({"prefect"} if name == "little" else set())


@needs_tools
@pytest.mark.parametrize("name", PLANS)
def test_what_pods_name_exists(name: str, plans: dict[str, dict[str, Any]], terraform: Terraform) -> None:
    """Each Secret comes from somewhere, each Service finds its pods, and each pod has a policy that opens its ways."""
    found = manifests(plans[name], terraform.schema)
    made = {
        (
            one["metadata"]["namespace"],
            one["spec"]["target"]["name"] if one["kind"] == "ExternalSecret" else one["metadata"]["name"],
        )
        for one in found
        if one["kind"] in ("Secret", "ExternalSecret")
    }
    assert {("job-hunter", secret) for _, pod in pods(found) for secret in secrets_of(pod)} <= made
    assert {("job-hunter", "job-hunter-app"), ("job-hunter", "job-hunter-database")} <= made
    assert (("monitoring", "job-hunter-grafana") in made) is (name != "little")
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in found if one["kind"] == "Deployment"]
    for service in (one for one in found if one["kind"] == "Service"):
        assert any(service["spec"]["selector"].items() <= pod.items() for pod in labels)
    policies = [one for one in found if one["kind"] == "NetworkPolicy"]
    for component, _ in pods(found):
        assert [
            one["metadata"]["name"]
            for one in policies
            if one["spec"]["podSelector"]["matchLabels"].get("app.kubernetes.io/component") == component
        ] == [f"job-hunter-{component}"]


@needs_tools
def test_the_network_is_closed_but_for_what_is_listed(plans: dict[str, dict[str, Any]], terraform: Terraform) -> None:
    """Who reaches whom, on which port; from a flow run nothing into cluster or home network but what is named."""
    policies = {
        one["metadata"]["name"]: one["spec"]
        for one in manifests(plans["everything"], terraform.schema)
        if one["kind"] == "NetworkPolicy"
    }
    for spec in policies.values():
        assert spec["policyTypes"] == ["Ingress", "Egress"]
        for rule in (*spec.get("ingress", []), *spec.get("egress", [])):
            assert rule.get("from") or rule.get("to"), "a rule without peers opens to all"
            assert rule["ports"]
    assert "ingress" not in policies["job-hunter-worker"]
    assert "ingress" not in policies["job-hunter-flow-run"]
    assert "ingress" not in policies["job-hunter"]
    callers = [peer for rule in policies["job-hunter-prefect"]["ingress"] for peer in rule["from"]]
    assert sorted(
        peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] for peer in callers if "podSelector" in peer
    ) == ["bootstrap", "flow-run", "receiver", "tidy", "worker"]
    assert [peer for peer in callers if "podSelector" not in peer] == [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}
    ]
    blocks = [
        peer["ipBlock"]
        for rule in policies["job-hunter-flow-run"]["egress"]
        for peer in rule["to"]
        if "ipBlock" in peer and peer["ipBlock"]["cidr"] != "192.168.1.5/32"
    ]
    assert [block["cidr"] for block in blocks] == ["0.0.0.0/0", "::/0"]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} <= set(blocks[0]["except"])
    api = [rule for rule in policies["job-hunter-worker"]["egress"] if "ipBlock" in rule["to"][0]]
    assert [(rule["to"][0]["ipBlock"]["cidr"], rule["ports"][0]["port"]) for rule in api] == [("192.0.2.10/32", 6443)]


def _peer(peer: dict[str, Any]) -> str:
    """A peer in one word: an address, a namespace with the labels of its pods, or a component of ours."""
    if "ipBlock" in peer:
        return str(peer["ipBlock"]["cidr"])
    labels = peer.get("podSelector", {}).get("matchLabels", {})
    if "namespaceSelector" in peer:
        namespace = peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        return "/".join([namespace, *labels.values()])
    return f"our {labels['app.kubernetes.io/component']}"


def _ways(spec: dict[str, Any], direction: str, end: str) -> dict[str, list[int]]:
    """Whom a policy lets in or out, with the ports."""
    return {
        _peer(peer): sorted(int(port["port"]) for port in rule["ports"])
        for rule in spec.get(direction, [])
        for peer in rule[end]
    }


WAYS_IN = {
    "receiver": {"watch/changedetection": [8080], "monitoring": [8080]},
    "prefect": {
        "our worker": [4200],
        "our receiver": [4200],
        "our flow-run": [4200],
        "our bootstrap": [4200],
        "our tidy": [4200],
        "ingress": [4200],
    },
}
WAYS_OUT = {
    "flow-run": {
        "our prefect": [4200],
        "postgres/main": [5432],
        "0.0.0.0/0": [80, 443],
        "::/0": [80, 443],
        "watch": [5000],
        "192.168.1.5/32": [587],
    },
    "receiver": {"our prefect": [4200], "postgres/main": [5432]},
    "worker": {"our prefect": [4200], "192.0.2.10/32": [6443]},
    "bootstrap": {"our prefect": [4200]},
    "tidy": {"our prefect": [4200]},
    "prefect": {"postgres/main": [5432]},
}


@needs_tools
@pytest.mark.parametrize("component", WAYS_OUT)
def test_every_way_in_and_out(component: str, plans: dict[str, dict[str, Any]], terraform: Terraform) -> None:
    """These peers on these ports, and no others; DNS, which all may ask, is a policy of its own."""
    found = manifests(plans["everything"], terraform.schema)
    policies = {one["metadata"]["name"]: one["spec"] for one in found if one["kind"] == "NetworkPolicy"}
    assert _ways(policies["job-hunter"], "egress", "to") == {"kube-system": [53, 53], "169.254.20.10/32": [53, 53]}
    spec = policies[f"job-hunter-{component}"]
    assert _ways(spec, "ingress", "from") == WAYS_IN.get(component, {})
    assert _ways(spec, "egress", "to") == WAYS_OUT[component]


@needs_tools
def test_grafana_gets_every_dashboard_and_alert(plans: dict[str, dict[str, Any]], terraform: Terraform) -> None:
    """Each file once, in its namespace, with the label its sidecar looks for; and whole."""
    found = [one for one in manifests(plans["plain"], terraform.schema) if one["kind"] == "ConfigMap"]
    files = {
        "grafana_dashboard": sorted((ROOT / "infra" / "grafana" / "dashboards").glob("*.json")),
        "grafana_alert": sorted((ROOT / "infra" / "grafana" / "alerting").glob("*.y*ml")),
    }
    for label, paths in files.items():
        maps = [one for one in found if one["metadata"]["labels"].get(label) == "1"]
        assert sorted(name for one in maps for name in one["data"]) == [path.name for path in paths]
        for path in paths:
            (one,) = (one for one in maps if path.name in one["data"])
            assert one["metadata"]["namespace"] == "monitoring"
            assert one["data"][path.name] == path.read_text(encoding="utf-8")
    assert len([one for one in found if "grafana_datasource" in one["metadata"]["labels"]]) == 1


@needs_tools
def test_external_secrets_are_whole(plans: dict[str, dict[str, Any]], terraform: Terraform) -> None:
    """The custom resources, whose schema is not at hand: each refers to what exists, and refreshes in time."""
    found = manifests(plans["everything"], terraform.schema)
    logins = {
        (one["metadata"]["namespace"], one["metadata"]["name"]): one
        for one in found
        if one["kind"] == "VaultDynamicSecret"
    }
    accounts = {
        (one["metadata"]["namespace"], one["metadata"]["name"]) for one in found if one["kind"] == "ServiceAccount"
    }
    for (namespace, _), login in logins.items():
        kubernetes = login["spec"]["provider"]["auth"]["kubernetes"]
        assert (namespace, kubernetes["serviceAccountRef"]["name"]) in accounts
        assert login["spec"]["provider"]["caBundle"] == "LS0t"
        assert login["spec"]["path"].startswith("database/static-creds/")
    secrets = [one for one in found if one["kind"] == "ExternalSecret"]
    assert len(secrets) == 4
    for one in secrets:
        assert one["spec"]["refreshInterval"] == "5m"
        (source,) = one["spec"]["dataFrom"]
        if "sourceRef" in source:
            assert (one["metadata"]["namespace"], source["sourceRef"]["generatorRef"]["name"]) in logins
        else:
            assert one["spec"]["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "vault"}


def pods(found: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Component and pod of everything that runs."""
    for one in found:
        if one["kind"] in ("Deployment", "Job", "CronJob"):
            spec = one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one["spec"]
            yield spec["template"]["metadata"]["labels"]["app.kubernetes.io/component"], spec["template"]["spec"]


def secrets_of(pod: dict[str, Any]) -> set[str]:
    """The Secrets that a pod names."""
    found = {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
    for container in pod["containers"]:
        found |= {one["secretRef"]["name"] for one in container.get("envFrom", [])}
        found |= {one["valueFrom"]["secretKeyRef"]["name"] for one in container["env"] if "valueFrom" in one}
    return found
