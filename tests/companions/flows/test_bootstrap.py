"""Bootstrap against a real Prefect server: what it makes, and that a second run changes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flows.bootstrap import read_deployments
from job_hunter.settings import process_environment

SCRIPT = """
import asyncio, json, sys
from prefect import get_client
from flows.bootstrap import bootstrap

VOLATILE = ("created", "updated", "status", "last_polled", "is_schedule_active")


def plain(thing):
    return {name: value for name, value in json.loads(thing.json()).items() if name not in VOLATILE}


async def state():
    async with get_client() as client:
        deployments = await client.read_deployments()
        return {
            "pools": [plain(pool) for pool in await client.read_work_pools()],
            "deployments": [plain(deployment) for deployment in deployments],
            "limits": [plain(limit) for limit in await client.read_concurrency_limits(limit=50, offset=0)],
            "automations": [plain(automation) for automation in await client.read_automations()],
        }


async def main():
    settings = {"image": "registry.example/job-hunter:1", "env.JOB_HUNTER_CONFIG_DIR": "/etc/job-hunter/config"}
    lines = [await bootstrap(pool="job-hunter", kind="kubernetes", active=True, values=settings)]
    states = [await state()]
    for image in ("1", "1", "2"):
        settings["image"] = f"registry.example/job-hunter:{image}"
        lines.append(await bootstrap(pool="job-hunter", kind="kubernetes", active=True, values=settings))
        states.append(await state())
    json.dump({"lines": lines, "states": states}, open(sys.argv[1], "w"))


asyncio.run(main())
"""


PROCESSES = """
import asyncio, json, sys
import typer
from prefect import get_client
from flows.bootstrap import bootstrap


async def main():
    lines = [await bootstrap(pool="home", kind="process", active=False)]
    async with get_client() as client:
        flow_id = await client.create_flow_from_name("refresh")
        await client.create_deployment(flow_id, "of-an-earlier-version", tags=["job-hunter", "more"])
        await client.create_deployment(flow_id, "of-somebody-else", tags=["more"])
    lines.append(await bootstrap(pool="home", kind="process", active=False))
    try:
        await bootstrap(pool="home", kind="kubernetes", active=False, values={"image": "job-hunter:1"})
    except typer.BadParameter as error:
        lines.append([str(error)])
    async with get_client() as client:
        pools = {pool.name: [pool.type, pool.concurrency_limit] for pool in await client.read_work_pools()}
        deployments = [
            [one.name, one.work_pool_name, one.job_variables, [entry.active for entry in one.schedules]]
            for one in await client.read_deployments()
            if not one.name.startswith("of-")
        ]
    json.dump({"lines": lines, "pools": pools, "deployments": deployments}, open(sys.argv[1], "w"))


asyncio.run(main())
"""


NEW = ("created", "updated", "owner_resource")


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What bootstrap said, and the server's whole state, after each of four runs; the last with another image."""
    return _found(SCRIPT, tmp_path_factory.mktemp("bootstrap"))


def _found(script: str, folder: Path) -> dict[str, Any]:
    """What `script` writes down, in a process with a Prefect of its own."""
    env = process_environment(
        {
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": None,
            "PREFECT_EXPERIMENTAL_EVENTS": "true",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        }
    )
    found = folder / "found.json"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, str(found)],
        env=env,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    answer: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return answer


def test_everything_of_prefect_yaml_stands(applied: dict[str, Any]) -> None:
    """Pools with their limits, the tag limits, and each deployment with its schedules and its trigger."""
    state = applied["states"][0]
    assert {pool["name"]: (pool["type"], pool["concurrency_limit"]) for pool in state["pools"]} == {
        "job-hunter": ("kubernetes", 5),
        "job-hunter-shards": ("kubernetes", 8),
    }
    assert {limit["tag"]: limit["concurrency_limit"] for limit in state["limits"]} == {"ats-board": 8, "db-write": 4}
    wanted = {one["name"]: one for one in read_deployments()}
    found = {one["name"]: one for one in state["deployments"]}
    assert found.keys() == wanted.keys()
    for name, one in wanted.items():
        assert found[name]["work_pool_name"] == one["work_pool"]["name"]
        assert found[name]["job_variables"] == one["work_pool"].get("job_variables", {})
        crons = [(entry["schedule"]["cron"], entry["active"]) for entry in found[name]["schedules"]]
        assert crons == [(entry["cron"], True) for entry in one.get("schedules", [])]
    assert sum(len(one.get("triggers", [])) for one in wanted.values()) == len(state["automations"])


def test_a_second_run_changes_nothing(applied: dict[str, Any]) -> None:
    """Same pools, deployments, schedules and limits, by id; the automation is made anew and is the same."""
    first, second, third, _ = applied["states"]
    for name in ("pools", "limits"):
        assert first[name] == second[name] == third[name]
    assert [without_ids(one) for one in first["deployments"]] == [without_ids(one) for one in third["deployments"]]
    assert [one["id"] for one in first["deployments"]] == [one["id"] for one in third["deployments"]]
    assert [without_ids(one) for one in first["automations"]] == [without_ids(one) for one in third["automations"]]
    assert applied["lines"][0][0] == "work pool job-hunter (kubernetes): created"
    assert applied["lines"][1][0] == "work pool job-hunter (kubernetes): unchanged"


def test_a_new_image_reaches_the_pool(applied: dict[str, Any]) -> None:
    """An upgrade is one run of bootstrap: the next Job has the new image."""
    assert applied["lines"][3][0] == "work pool job-hunter (kubernetes): updated"
    images = [
        state["pools"][0]["base_job_template"]["variables"]["properties"]["image"]["default"]
        for state in applied["states"]
    ]
    assert images == [f"registry.example/job-hunter:{n}" for n in (1, 1, 1, 2)]


def without_ids(thing: Any) -> Any:
    """The same without ids and times, which are new where a thing was made anew, as schedules are."""
    if isinstance(thing, dict):
        kept = {key: value for key, value in thing.items() if key not in NEW and not key.endswith("id")}
        return {key: without_ids(value) for key, value in kept.items()}
    if isinstance(thing, list):
        return [without_ids(one) for one in thing]
    return thing


def test_a_pool_of_processes(tmp_path: Path) -> None:
    """As `up` has one: named otherwise, without Kubernetes' job variables, schedules paused; its type stays.

    A deployment that prefect.yaml no longer has is named, and left to a person.
    """
    found = _found(PROCESSES, tmp_path)
    assert found["pools"] == {"home": ["process", 5], "home-shards": ["process", 8]}
    wanted = {one["name"]: one for one in read_deployments()}
    assert {name for name, *_ in found["deployments"]} == wanted.keys()
    for name, pool, job_variables, schedules in found["deployments"]:
        assert pool == wanted[name]["work_pool"]["name"].replace("job-hunter", "home")
        assert job_variables == {}
        assert schedules == [False] * len(wanted[name].get("schedules", []))
    old = "refresh/of-an-earlier-version"
    assert [line for lines in found["lines"] for line in lines if "goes on" in line] == [
        f"deployment {old} is not in prefect.yaml and goes on: `prefect deployment delete {old}` ends it"
    ]
    assert [lines[0] for lines in found["lines"]] == [
        "work pool home (process): created",
        "work pool home (process): unchanged",
        "the work pool home is of type process, not kubernetes: delete it or choose another --pool",
    ]


def test_bootstrap_says_when_events_are_off(tmp_path: Path) -> None:
    """Without events the trigger of cdio-ingest would be dropped: exit code 2 and what to set."""
    env = process_environment(
        {"PREFECT_HOME": str(tmp_path), "PREFECT_API_URL": None, "PREFECT_EXPERIMENTAL_EVENTS": "false"}
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "flows.bootstrap", "--image", "job-hunter:1"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "PREFECT_EXPERIMENTAL_EVENTS=true" in done.stderr
    assert "Traceback" not in done.stderr
