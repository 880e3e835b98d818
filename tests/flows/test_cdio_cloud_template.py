"""Without the receiver: the documented webhook template and automation feed the same flow."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

from job_hunter.sources.changedetection import parse_notification

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "prefect-cloud.md").read_text(encoding="utf-8")
CAPTURES = Path(os.environ.get("JOB_HUNTER_REAL_PAYLOADS", "/nonexistent")) / "cdio"
NASTY = 'Senior "C++" Engineer & Lead\n<script>{{ 7*7 }}</script> – £95k \\ é'
OURS = {
    "watch_url": "https://acme.example/jobs?a=1&b=2",
    "watch_uuid": "caca1f6f-6a03-495a-8dbe-8bccfe5ba36a",
    "watch_title": NASTY,
    "change_datetime": "2026-11-23T11:54:49+0000",
    "diff": f"(added) {NASTY}",
    "prev_snapshot": "Open roles",
    "current_snapshot": f"Open roles\n{NASTY}",
}


def _block(mark: str, language: str) -> str:
    found = re.search(rf"<!-- {mark}.*?-->\n```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    assert found is not None, mark
    return found[1]


def _render(template: str, **values: Any) -> str:
    return jinja2.Environment(autoescape=False).from_string(template).render(**values)


def _bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "our template", OURS
    if CAPTURES.is_dir():
        for path in sorted(CAPTURES.glob("*.body")):
            try:
                yield path.name, json.loads(path.read_bytes())
            except ValueError:
                continue


@pytest.mark.parametrize("name", [name for name, _ in _bodies()])
def test_the_template_carries_a_notification_unchanged(name: str) -> None:
    """Rendered as Cloud does, the event is JSON, and its payload is the notification that was posted."""
    body = dict(_bodies())[name]
    event = json.loads(_render(_block("webhook template", "jinja"), body=body, headers={}, method="POST"))
    assert event["event"] == "job-hunter.cdio.notification"
    assert event["resource"]["prefect.resource.id"].startswith("job-hunter.cdio.watch.")
    assert event["resource"]["prefect.resource.name"]
    assert event["payload"]["notification"] == body

    automation = yaml.safe_load(_block("automation", "yaml"))
    assert automation["trigger"]["expect"] == [event["event"]]
    (action,) = automation["actions"]
    parameter = _render(action["parameters"]["notification"], event=event)
    assert json.loads(parameter) == body
    assert parse_notification(parameter.encode()) == parse_notification(json.dumps(body).encode())


def test_the_parameter_exists() -> None:
    """The automation hands its notification to a parameter that the flow has."""
    from flows.cdio_ingest import cdio_ingest

    (action,) = yaml.safe_load(_block("automation", "yaml"))["actions"]
    assert set(action["parameters"]) <= set(cdio_ingest.parameters.properties)
