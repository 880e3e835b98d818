"""Make a Prefect server equal to prefect.yaml: work pool, limits, block type, deployments, automations.

Needs nothing but the Prefect API, and is safe to run again: `python -m flows.bootstrap`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from prefect import Flow, get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.filters import DeploymentFilter
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.schemas.deployment_triggers import DeploymentEventTrigger
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_EXPERIMENTAL_EVENTS
from prefect.utilities.callables import parameter_schema
from prefect.utilities.importtools import import_object
from prefect_sqlalchemy import SqlAlchemyConnector

import job_hunter
from flows.runtime import TAG_LIMITS, apply_tag_limits
from job_hunter.config.files import did_you_mean

POOL = "job-hunter"
"""The main pool's name in prefect.yaml; other pools there are named after it, and follow it under another name."""

TAG = "job-hunter"
"""What every deployment of prefect.yaml is tagged with."""

POOL_LIMITS = {POOL: 5, f"{POOL}-shards": 8}
"""Flow runs at once in a pool: 30 webhook events once started 30 processes. Shards don't wait for parents' slots."""


def project_file(name: str) -> Path:
    """A file of the project: of the checkout when run from one, else the copy in the installed package."""
    package = Path(job_hunter.__file__).resolve().parent
    packaged = package / "_data" / name
    return packaged if packaged.exists() else package.parent / name


def read_deployments(path: Path | None = None) -> list[dict[str, Any]]:
    """The deployments of prefect.yaml."""
    document = yaml.safe_load((path or project_file("prefect.yaml")).read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = document["deployments"]
    return found


def module_entrypoint(entrypoint: str) -> str:
    """`flows/refresh.py:refresh` as the importable `flows.refresh.refresh`, which needs no working directory."""
    file, _, name = entrypoint.partition(":")
    return f"{file.removesuffix('.py').replace('/', '.')}.{name}"


def pools_of(deployments: Iterable[Mapping[str, Any]]) -> list[str]:
    """All pools, the main one first. Raises BadParameter when a deployment names another in prefect.yaml.

    Also those that no deployment uses yet: a worker would make one of its own, with Prefect's template.
    """
    for name in (wanted["work_pool"]["name"] for wanted in deployments):
        if name not in POOL_LIMITS:
            raise typer.BadParameter(f"prefect.yaml: no such work pool: {name}{did_you_mean(name, POOL_LIMITS)}")
    return list(POOL_LIMITS)


def job_template(values: Mapping[str, str]) -> dict[str, Any]:
    """The job template of Kubernetes pools with `values` as defaults of its variables.

    `env.NAME` and `labels.NAME` add one entry. Raises BadParameter for a variable that the template does not have, a
    value of another type, and a missing image.
    """
    template: dict[str, Any] = json.loads(
        project_file("infra/prefect/base-job-template.json").read_text(encoding="utf-8")
    )
    variables = template["variables"]["properties"]
    for name, value in values.items():
        group, _, entry = name.partition(".")
        if group not in variables or (variables[group]["type"] == "object") != bool(entry):
            raise typer.BadParameter(f"the job template has no variable {name}{did_you_mean(name, variables)}")
        if entry:
            variables[group]["default"][entry] = value
        else:
            variables[group]["default"] = _typed(name, value, variables[group])
    if "default" not in variables["image"]:
        raise typer.BadParameter("name the image of flow runs with --image, or choose --kind process")
    return template


def _typed(name: str, value: str, variable: Mapping[str, Any]) -> str | int | bool:
    if variable["type"] == "integer":
        if not value.isdecimal():
            raise typer.BadParameter(f"{name} must be a whole number, not {value!r}")
        return int(value)
    if variable["type"] == "boolean":
        if value not in ("true", "false"):
            raise typer.BadParameter(f"{name} must be true or false, not {value!r}")
        return value == "true"
    if value not in variable.get("enum", [value]):
        raise typer.BadParameter(f"{name} must be one of {', '.join(variable['enum'])}, not {value!r}")
    return value


async def apply_pool(client: PrefectClient, name: str, kind: str, *, limit: int, template: dict[str, Any]) -> str:
    """Create the work pool `name`, or bring its limit and job template up to date; returns what was done.

    An empty `template` leaves Prefect's own.
    """
    try:
        found = await client.read_work_pool(name)
    except ObjectNotFound:
        created = WorkPoolCreate.parse_obj(
            {"name": name, "type": kind, "base_job_template": template, "concurrency_limit": limit}
        )
        await client.create_work_pool(created)
        return "created"
    if found.type != kind:
        raise typer.BadParameter(
            f"the work pool {name} is of type {found.type}, not {kind}: delete it or choose another --pool"
        )
    changes: dict[str, Any] = {}
    if template and template != found.base_job_template:
        changes["base_job_template"] = template
    if found.concurrency_limit != limit:
        changes["concurrency_limit"] = limit
    if changes:
        await client.update_work_pool(name, WorkPoolUpdate.parse_obj(changes))
    return "updated" if changes else "unchanged"


async def apply_deployment(
    client: PrefectClient, wanted: dict[str, Any], *, pool: str, job_variables: dict[str, Any], active: bool
) -> str:
    """Create or update one deployment with its schedules and triggers; returns its full name."""
    entrypoint = module_entrypoint(wanted["entrypoint"])
    flow: Flow[..., Any] = import_object(entrypoint)
    flow_id = await client.create_flow(flow)
    schedules = [
        DeploymentScheduleCreate(
            schedule=CronSchedule(cron=entry["cron"], timezone=entry["timezone"]), active=active and entry["active"]
        )
        for entry in wanted.get("schedules", [])
    ]
    deployment_id = await client.create_deployment(
        flow_id=flow_id,
        name=wanted["name"],
        entrypoint=entrypoint,
        description=wanted["description"],
        tags=wanted["tags"],
        parameters=wanted.get("parameters"),
        parameter_openapi_schema=parameter_schema(flow).dict(),  # type: ignore[no-untyped-call]
        enforce_parameter_schema=True,
        schedules=schedules,
        work_pool_name=pool,
        job_variables=job_variables,
    )
    triggers = [DeploymentEventTrigger.parse_obj(trigger) for trigger in wanted.get("triggers", [])]
    if triggers:
        await client.delete_resource_owned_automations(f"prefect.deployment.{deployment_id}")
        for trigger in triggers:
            trigger.set_deployment_id(deployment_id)
            await client.create_automation(trigger.as_automation())
    return f"{flow.name}/{wanted['name']}"


async def find_others(client: PrefectClient, deployments: Iterable[Mapping[str, Any]]) -> list[str]:
    """Full names of deployments that bear our tag and are not among `deployments`: of an earlier version, say."""
    ours = {wanted["name"] for wanted in deployments}
    tagged = DeploymentFilter.parse_obj({"tags": {"all_": [TAG]}})
    others = [found for found in await client.read_deployments(deployment_filter=tagged) if found.name not in ours]
    return sorted([f"{(await client.read_flow(found.flow_id)).name}/{found.name}" for found in others])


async def bootstrap(
    *, pool: str, kind: str, active: bool, values: Mapping[str, str] | None = None, path: Path | None = None
) -> list[str]:
    """Apply everything; returns one line per thing that now stands. `values` are defaults of the job template."""
    deployments = read_deployments(path)
    if any(wanted.get("triggers") for wanted in deployments) and not PREFECT_EXPERIMENTAL_EVENTS.value():
        raise typer.BadParameter(
            "set PREFECT_EXPERIMENTAL_EVENTS=true, here and at the server: prefect.yaml has triggers"
        )
    template = job_template(values or {}) if kind == "kubernetes" else {}
    await SqlAlchemyConnector.register_type_and_schema()
    async with get_client() as client:
        lines = []
        for name in pools_of(deployments):
            done = await apply_pool(client, renamed(name, pool), kind, limit=POOL_LIMITS[name], template=template)
            lines.append(f"work pool {renamed(name, pool)} ({kind}): {done}")
        for wanted in deployments:
            place = wanted["work_pool"]
            name = await apply_deployment(
                client,
                wanted,
                pool=renamed(place["name"], pool),
                job_variables=place.get("job_variables", {}) if kind == "kubernetes" else {},
                active=active,
            )
            lines.append(f"deployment {name}")
        lines += [
            f"deployment {name} is not in prefect.yaml and goes on: `prefect deployment delete {name}` ends it"
            for name in await find_others(client, deployments)
        ]
    await apply_tag_limits()
    lines += [f"limit {tag}: {limit}" for tag, limit in TAG_LIMITS.items()]
    return lines


def renamed(name: str, pool: str) -> str:
    """A pool of prefect.yaml under the name it has here: with --pool home, job-hunter-shards is home-shards."""
    return pool + name.removeprefix(POOL)


def main(
    pool: str = typer.Option(POOL, help="The main work pool's name; the shards' is named after it."),
    kind: str = typer.Option("kubernetes", help="The work pools' type: kubernetes or process."),
    image: str | None = typer.Option(None, help="The image of flow runs on Kubernetes."),
    values: Annotated[
        list[str] | None,
        typer.Option("--set", help="NAME=VALUE: a default of the job template, such as memory_limit=2Gi; repeat."),
    ] = None,
    paused: bool = typer.Option(False, "--paused", help="Create the schedules without starting them."),
) -> None:
    """Make the Prefect server at PREFECT_API_URL equal to prefect.yaml."""
    given = dict(value.partition("=")[::2] for value in values or ())
    if image:
        given["image"] = image
    for line in asyncio.run(bootstrap(pool=pool, kind=kind, active=not paused, values=given)):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    typer.run(main)
