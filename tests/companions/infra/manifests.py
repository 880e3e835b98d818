"""What Terraform plans, as Kubernetes would be sent it: pure, from the plan's JSON and the provider's schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

KINDS = {
    "kubernetes_namespace_v1": ("v1", "Namespace"),
    "kubernetes_service_account_v1": ("v1", "ServiceAccount"),
    "kubernetes_secret_v1": ("v1", "Secret"),
    "kubernetes_config_map_v1": ("v1", "ConfigMap"),
    "kubernetes_service_v1": ("v1", "Service"),
    "kubernetes_role_v1": ("rbac.authorization.k8s.io/v1", "Role"),
    "kubernetes_role_binding_v1": ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    "kubernetes_deployment_v1": ("apps/v1", "Deployment"),
    "kubernetes_job_v1": ("batch/v1", "Job"),
    "kubernetes_cron_job_v1": ("batch/v1", "CronJob"),
    "kubernetes_network_policy_v1": ("networking.k8s.io/v1", "NetworkPolicy"),
}
PLURAL = {
    "container": "containers",
    "init_container": "initContainers",
    "volume": "volumes",
    "volume_mount": "volumeMounts",
    "port": "ports",
    "rule": "rules",
    "subject": "subjects",
    "image_pull_secret": "imagePullSecrets",
}
"""Blocks that Terraform names in the singular."""

NUMBERS = {
    "run_as_user", "run_as_group", "fs_group", "ttl_seconds_after_finished", "port", "target_port", "max_surge",
    "max_unavailable", "replicas",
}  # fmt: skip
"""Attributes that are texts in Terraform, and numbers in Kubernetes when they look like one."""

OF_TERRAFORM = {
    "id",
    "timeouts",
    "wait_for_completion",
    "wait_for_rollout",
    "wait_for_load_balancer",
    "data_wo_revision",
}


def resources(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All resources that a plan would leave standing, those of modules too."""

    def walk(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for one in module.get("resources", []):
            if one["mode"] == "managed":
                yield one
        for child in module.get("child_modules", []):
            yield from walk(child)

    yield from walk(plan["planned_values"]["root_module"])


def manifests(plan: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The manifests of a plan. A type without a known kind is an error: it would go unchecked."""
    found = []
    for one in resources(plan):
        if one["type"] == "kubernetes_manifest":
            found.append(one["values"]["manifest"])
            continue
        version, kind = KINDS[one["type"]]
        body = convert(one["values"], schema["resources"][one["type"]])
        found.append({"apiVersion": version, "kind": kind, **body})
    return found


def convert(values: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    """A block of Terraform as an object of Kubernetes; what is not set is left out."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if value is None or name in OF_TERRAFORM:
            continue
        if name in described["blocks"]:
            block = described["blocks"][name]
            items = [convert(item or {}, block["of"]) for item in (value if isinstance(value, list) else [value])]
            if block["many"] and name != "metadata" and items:
                found[PLURAL.get(name, camel(name))] = items
            elif items:
                found[camel(name)] = items[0]
        elif value not in ([], {}):
            found[camel(name)] = scalar(name, value)
    return found


def scalar(name: str, value: Any) -> Any:
    """A value in the type that Kubernetes wants."""
    if name in ("default_mode", "mode") and isinstance(value, str):
        return int(value, 8)
    if name in NUMBERS and isinstance(value, str) and value.isdecimal():
        return int(value)
    return value


def camel(name: str) -> str:
    """`service_account_name` as `serviceAccountName`."""
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), {"cluster_ip": "cluster_i_p"}.get(name, name))
