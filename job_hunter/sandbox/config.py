"""The configuration under which the product follows the sandbox's companies."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from job_hunter.sandbox.world import World


def write_config(directory: Path, world: World, on: date | None = None) -> Path:
    """Write `companies.yaml` for the boards as they are on a day (the last one by default) and return its path.

    levels.yaml and locations.yaml are the caller's to put beside it.
    """
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "companies.yaml"
    path.write_text(companies_yaml(world, on), encoding="utf-8")
    return path


def companies_yaml(world: World, on: date | None = None) -> str:
    """The text of companies.yaml: JSON strings and lists are YAML too, and need no YAML library to be written."""
    lines = ["# The invented employers of the sandbox.", ""]
    for company in world.companies_on(on or world.end):
        fields = {
            "slug": company.slug,
            "display_name": company.display_name,
            "ats_type": company.source,
            "ats_id": company.token,
            "sector": company.sector,
            "careers_url": company.careers_url,
            "domains": [company.domain],
        }
        if company.levels_fyi:
            fields["levels_fyi"] = company.levels_fyi
        if company.also_known_as:
            fields["also_known_as"] = list(company.also_known_as)
        rows = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
        lines += [f"- {rows[0]}", *(f"  {row}" for row in rows[1:]), ""]
    return "\n".join(lines)
