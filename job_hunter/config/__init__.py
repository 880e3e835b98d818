"""The only readers of config/*.yaml: strict shapes in, domain types out, one clear sentence for every fault."""

from __future__ import annotations

from job_hunter.config.alerts import load_alerts
from job_hunter.config.companies import BOARD_TYPES, WATCHED_TYPE, load_companies
from job_hunter.config.files import default_config_dir
from job_hunter.config.sources import load_sources
from job_hunter.config.watches import load_employers, load_watches

__all__ = [
    "BOARD_TYPES",
    "WATCHED_TYPE",
    "default_config_dir",
    "load_alerts",
    "load_companies",
    "load_employers",
    "load_sources",
    "load_watches",
]
