"""Make a Prefect server equal to prefect.yaml: work pool, limits, block type, deployments, automations.

Needs nothing but the Prefect API, and is safe to run again: `python -m flows.bootstrap`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import typer
import yaml
from prefect import Flow, get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.schedules import CronSchedule
from prefect.events.schemas.deployment_triggers import DeploymentEventTrigger
from prefect.exceptions import ObjectNotFound
from prefect.utilities.callables import parameter_schema
from prefect.utilities.importtools import import_object
from prefect_sqlalchemy import SqlAlchemyConnector

import job_hunter
from flows.runtime import TAG_LIMITS, apply_tag_limits

POOL_LIMIT = 5
"""Flow runs at once in a pool: 30 webhook events once started 30 processes."""


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


async def apply_pool(client: PrefectClient, name: str, kind: str, *, image: str | None = None) -> str:
    """Create the work pool `name`, or bring its limit and job template up to date; returns what was done."""
    template: dict[str, Any] = {}
    if kind == "kubernetes":
        template = json.loads(project_file("infra/prefect/base-job-template.json").read_text(encoding="utf-8"))
        if image:
            template["variables"]["properties"]["image"]["default"] = image
    try:
        found = await client.read_work_pool(name)
    except ObjectNotFound:
        created = WorkPoolCreate.parse_obj(
            {"name": name, "type": kind, "base_job_template": template, "concurrency_limit": POOL_LIMIT}
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
    if found.concurrency_limit != POOL_LIMIT:
        changes["concurrency_limit"] = POOL_LIMIT
    if changes:
        await client.update_work_pool(name, WorkPoolUpdate.parse_obj(changes))
    return "updated" if changes else "unchanged"


async def apply_deployment(client: PrefectClient, wanted: dict[str, Any], *, pool: str, active: bool) -> str:
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
        job_variables=(wanted.get("work_pool") or {}).get("job_variables") or {},
    )
    triggers = [DeploymentEventTrigger.parse_obj(trigger) for trigger in wanted.get("triggers", [])]
    if triggers:
        await client.delete_resource_owned_automations(f"prefect.deployment.{deployment_id}")
        for trigger in triggers:
            trigger.set_deployment_id(deployment_id)
            await client.create_automation(trigger.as_automation())
    return f"{flow.name}/{wanted['name']}"


async def bootstrap(*, pool: str, kind: str, image: str | None, active: bool) -> list[str]:
    """Apply everything; returns one line per thing that now stands."""
    await SqlAlchemyConnector.register_type_and_schema()
    async with get_client() as client:
        lines = [f"work pool {pool} ({kind}): {await apply_pool(client, pool, kind, image=image)}"]
        for wanted in read_deployments():
            name = await apply_deployment(client, wanted, pool=pool, active=active)
            lines.append(f"deployment {name}")
    await apply_tag_limits()
    lines += [f"limit {tag}: {limit}" for tag, limit in TAG_LIMITS.items()]
    return lines


def main(
    pool: str = typer.Option("job-hunter", help="The work pool's name."),
    kind: str = typer.Option("kubernetes", help="The work pool's type: kubernetes or process."),
    image: str | None = typer.Option(None, help="The image of flow runs on Kubernetes."),
    paused: bool = typer.Option(False, "--paused", help="Create the schedules without starting them."),
) -> None:
    """Make the Prefect server at PREFECT_API_URL equal to prefect.yaml."""
    for line in asyncio.run(bootstrap(pool=pool, kind=kind, image=image, active=not paused)):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    typer.run(main)
