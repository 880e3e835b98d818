"""Prefect flows: orchestration and nothing else; a task body is one use-case call."""

from __future__ import annotations

import os

from job_hunter.collector import pause_collector

# Prefect takes seconds to import; `flows.runtime`, which every flow imports, settles the collector.
pause_collector()

# Prefect reads its settings when it is first imported, so these defaults come before. They matter where a flow is run
# by hand; deployments get the same ones from their job template.
for _name, _value in {
    "PREFECT_TASK_RUN_TAG_CONCURRENCY_SLOT_WAIT_SECONDS": "1",  # 30 by default: 35 short tasks then take a minute
    "PREFECT_TASK_INTROSPECTION_WARN_THRESHOLD": "0",  # a store that waits for its fetch is no slow parameter
    "PREFECT_LOGGING_EXTRA_LOGGERS": "job_hunter",  # else our warnings never reach the UI
}.items():
    os.environ.setdefault(_name, _value)
