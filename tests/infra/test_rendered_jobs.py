"""The Job that the Kubernetes worker would submit for each deployment of prefect.yaml, and what we promise of it."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import pytest
import typer
import yaml
from prefect.client.schemas.objects import Flow, FlowRun
from prefect.client.schemas.responses import DeploymentResponse
from prefect.settings import PREFECT_API_URL, PREFECT_WORKER_QUERY_SECONDS, temporary_settings
from prefect_kubernetes.worker import KubernetesWorkerJobConfiguration

from flows.bootstrap import POOL, POOL_LIMITS, TAG, job_template, pools_of, project_file, read_deployments, renamed
from job_hunter.settings import Settings

IMAGE = "registry.example/job-hunter:1.2.3"
API = "http://prefect-server.job-hunter.svc:4200/api"
DEADLINES = {"refresh": 14400, "refresh-missing": 14400, "reparse": 14400, "refresh-shard": 7200}
SHARDS = {"refresh-shard"}
RESTRICTED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
PLACES = {
    name: place
    for name, place in yaml.safe_load(project_file("prefect.yaml").read_text(encoding="utf-8"))["definitions"].items()
    if name.endswith("work_pool")
}
DEPLOYMENTS = {wanted["name"]: wanted["work_pool"] for wanted in read_deployments()}


class NoServer:
    """Stands where a Prefect client would: rendering asks the server for nothing, as it would for a block."""

    def __getattr__(self, name: str) -> NoReturn:
        raise AssertionError(f"rendering asked the Prefect server: {name}")


def render(name: str, place: dict[str, Any] | None = None, *, settings: dict[str, str] | None = None) -> dict[str, Any]:
    """The Job for a run of the deployment `name`, by the worker's own code, in a worker pointed at `API`."""
    manifest: dict[str, Any] = configure(name, place, settings=settings).job_manifest
    return manifest


def configure(
    name: str, place: dict[str, Any] | None = None, *, settings: dict[str, str] | None = None
) -> KubernetesWorkerJobConfiguration:
    """What the worker does for a run of the deployment `name`."""
    place = DEPLOYMENTS[name] if place is None else place
    flow = Flow(id=uuid4(), name=name)
    deployment = DeploymentResponse(id=uuid4(), name=name, flow_id=flow.id)
    run = FlowRun(id=uuid4(), name="brave-otter", flow_id=flow.id, deployment_id=deployment.id)

    async def work() -> KubernetesWorkerJobConfiguration:
        return await KubernetesWorkerJobConfiguration.from_template_and_values(  # type: ignore[no-any-return]
            base_job_template=job_template({"image": IMAGE, **(settings or {})}),
            values=place.get("job_variables", {}),
            client=NoServer(),
        )

    with temporary_settings({PREFECT_API_URL: API, PREFECT_WORKER_QUERY_SECONDS: 5}):
        configuration = asyncio.run(work())
        configuration.prepare_for_flow_run(run, deployment, flow)
    assert configuration.namespace == configuration.job_manifest["metadata"]["namespace"]
    return configuration


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_the_job_of_each_deployment_is_what_we_promise(name: str) -> None:
    """Restricted, limited, ended in time, removed after a day, and run as an account that may do nothing."""
    job = render(name)
    spec = job["spec"]
    pod = spec["template"]["spec"]

    assert (job["apiVersion"], job["kind"]) == ("batch/v1", "Job")
    assert job["metadata"]["generateName"] == "brave-otter-"
    assert {key: spec[key] for key in ("parallelism", "completions", "backoffLimit", "ttlSecondsAfterFinished")} == {
        "parallelism": 1,
        "completions": 1,
        "backoffLimit": 0,
        "ttlSecondsAfterFinished": 86400,
    }
    assert DEADLINES.get(name, 1800) == spec["activeDeadlineSeconds"]
    assert {"parallelism", "completions"}.isdisjoint(pod)
    assert (
        pod["restartPolicy"],
        pod["serviceAccountName"],
        pod["automountServiceAccountToken"],
    ) == ("Never", "job-hunter-flow", False)
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "fsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert [[c["name"] for c in pod[k]] for k in ("initContainers", "containers")] == [["migrate"], ["prefect-job"]]
    for container in (*pod["initContainers"], *pod["containers"]):
        assert (
            container["image"],
            container["imagePullPolicy"],
            container["securityContext"],
        ) == (IMAGE, "IfNotPresent", RESTRICTED)
        assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        assert "memory" in container["resources"]["limits"]
    flow = pod["containers"][0]
    assert flow["resources"] == {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}}
    assert flow["args"] == ["prefect", "flow-run", "execute"]
    assert pod["initContainers"][0]["command"] == ["job-hunter", "migrate"]


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_run_that_begins_amid_a_rotation_is_waited_for(name: str) -> None:
    """A pod is pending while its migration waits for the password: the worker must not call the run crashed before."""
    configuration = configure(name)
    patience = Settings().rotation_patience
    pulling = 300
    assert patience + pulling <= configuration.pod_watch_timeout_seconds
    assert patience + pulling < configuration.job_manifest["spec"]["activeDeadlineSeconds"]
    assert configuration.job_watch_timeout_seconds is None


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_no_secret_is_in_the_job(name: str) -> None:
    """The application's secrets come by envFrom, the database's as a file, and none of them is in clear."""
    pod = render(name)["spec"]["template"]["spec"]
    flow = pod["containers"][0]
    assert flow["envFrom"] == [{"secretRef": {"name": "job-hunter-app"}}]
    secrets = [volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume]
    assert secrets == ["job-hunter-database"]
    for container in (*pod["initContainers"], flow):
        env = {entry["name"]: entry["value"] for entry in container["env"]}
        assert all(isinstance(value, str) and "valueFrom" not in value for value in env.values())
        assert {"DB_CONNECTION_STRING", "WEBHOOK_BEARER_TOKEN", "CDIO_API_KEY", "JOB_HUNTER_NOTIFY_URLS"}.isdisjoint(
            env
        )
        assert "postgresql://" not in json.dumps(container)
        file = Path(env["DB_CONNECTION_STRING_FILE"])
        mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
        assert mounts[str(file.parent)]["name"] == "database"
        # the mount must be the whole folder: Kubernetes never brings a new value to a subPath
        assert "subPath" not in mounts[str(file.parent)]
        assert file.name in [
            item["path"] for v in pod["volumes"] if v["name"] == "database" for item in v["secret"]["items"]
        ]


def test_a_flow_run_finds_prefect_and_its_own_home() -> None:
    """The worker's settings reach the run, and ours stand over them: its home is the volume that can be written."""
    env = {
        entry["name"]: entry["value"] for entry in render("refresh")["spec"]["template"]["spec"]["containers"][0]["env"]
    }
    assert env["PREFECT_API_URL"] == API
    assert env["PREFECT_WORKER_QUERY_SECONDS"] == "5.0"
    assert (env["HOME"], env["PREFECT_HOME"]) == ("/tmp", "/tmp/prefect")
    assert env["PREFECT_LOGGING_EXTRA_LOGGERS"] == "job_hunter"
    assert "PREFECT__FLOW_RUN_ID" in env


def test_labels_tell_what_a_job_belongs_to() -> None:
    """Prefect's labels are on the Job; those that network policies select by are on Job and pod."""
    job = render("refresh")
    labels = job["metadata"]["labels"]
    assert {"prefect.io/flow-run-id", "prefect.io/flow-name", "prefect.io/deployment-name"} <= labels.keys()
    ours = {
        "app.kubernetes.io/name": "job-hunter",
        "app.kubernetes.io/component": "flow-run",
        "app.kubernetes.io/part-of": "job-hunter",
    }
    assert ours.items() <= labels.items()
    assert ours == job["spec"]["template"]["metadata"]["labels"]


def test_every_volume_is_mounted_and_every_mount_is_a_volume() -> None:
    """Nothing is mounted that does not exist."""
    pod = render("refresh")["spec"]["template"]["spec"]
    volumes = {volume["name"] for volume in pod["volumes"]}
    mounts = {m["name"] for c in (*pod["initContainers"], *pod["containers"]) for m in c["volumeMounts"]}
    assert volumes == mounts


@pytest.mark.parametrize(
    ("place", "pool", "deadline"),
    [
        ("work_pool", POOL, 1800),
        ("long_work_pool", POOL, 14400),
        ("refresh_work_pool", POOL, 14400),
        ("shard_work_pool", f"{POOL}-shards", 7200),
    ],
)
def test_the_kinds_of_runs_in_prefect_yaml(place: str, pool: str, deadline: int) -> None:
    """What reads the archive again may take hours, and shards run in a pool of their own."""
    assert pool == PLACES[place]["name"]
    assert deadline == render("any", PLACES[place])["spec"]["activeDeadlineSeconds"]


def test_shards_and_only_shards_leave_the_main_pool() -> None:
    """A parent that waits for its shards holds a slot of the main pool; they must not need one of those."""
    for name, place in DEPLOYMENTS.items():
        assert (f"{POOL}-shards" if name in SHARDS else POOL) == place["name"], name
    assert set(POOL_LIMITS) == {place["name"] for place in PLACES.values()}


def test_defaults_of_the_template_can_be_set() -> None:
    """What Terraform hands to bootstrap is in the Job: names, sizes, and entries of the environment."""
    job = render(
        "refresh",
        settings={
            "namespace": "jobs",
            "memory_limit": "2Gi",
            "finished_job_ttl": "60",
            "env.JOB_HUNTER_CONFIG_DIR": "/etc/job-hunter/config",
            "labels.team": "home",
            "config_map": "my-config",
        },
    )
    pod = job["spec"]["template"]["spec"]
    assert (job["metadata"]["namespace"], job["metadata"]["labels"]["team"]) == ("jobs", "home")
    assert job["spec"]["ttlSecondsAfterFinished"] == 60
    assert pod["containers"][0]["resources"]["limits"]["memory"] == "2Gi"
    assert {"name": "JOB_HUNTER_CONFIG_DIR", "value": "/etc/job-hunter/config"} in pod["containers"][0]["env"]
    assert {"name": "HOME", "value": "/tmp"} in pod["containers"][0]["env"]
    assert {"name": "my-config", "optional": True} in [volume.get("configMap") for volume in pod["volumes"]]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "--image"),
        ({"image": IMAGE, "memory_limits": "2Gi"}, "memory_limits; did you mean memory_limit?"),
        ({"image": IMAGE, "env": "A=1"}, "no variable env"),
        ({"image": IMAGE, "namespace.x": "y"}, "no variable namespace.x"),
        ({"image": IMAGE, "active_deadline_seconds": "1h"}, "must be a whole number, not '1h'"),
        ({"image": IMAGE, "stream_output": "yes"}, "must be true or false"),
        ({"image": IMAGE, "image_pull_policy": "Sometimes"}, "one of IfNotPresent, Always, Never"),
    ],
)
def test_wrong_defaults_are_refused(values: dict[str, str], message: str) -> None:
    """Each with one sentence that says what is allowed."""
    with pytest.raises(typer.BadParameter, match=message.replace("?", r"\?")):
        job_template(values)


def test_every_deployment_bears_the_tag() -> None:
    """By it bootstrap tells a deployment that prefect.yaml no longer has."""
    assert all(TAG in wanted["tags"] for wanted in read_deployments())


def test_a_stray_pool_in_prefect_yaml_is_refused() -> None:
    """A misspelt pool would be one that no worker serves."""
    with pytest.raises(typer.BadParameter, match="did you mean job-hunter-shards"):
        pools_of([{"work_pool": {"name": "job-hunter-shard"}}])
    assert [renamed(name, "home") for name in (POOL, f"{POOL}-shards")] == ["home", "home-shards"]


def test_the_worker_takes_the_template_whatever_the_order_of_its_keys() -> None:
    """The worker compares our Job with its own by a diff over sets, whose order changes from process to process."""
    code = (
        "import json,sys; from prefect_kubernetes.worker import KubernetesWorkerJobConfiguration as C;"
        "m = json.load(open(sys.argv[1]))['job_configuration']['job_manifest'];"
        "m['metadata']['labels'] = {}; C(job_manifest=m)"
    )
    template = str(project_file("infra/prefect/base-job-template.json"))
    for seed in ("0", "3"):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, template],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
