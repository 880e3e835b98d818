"""The only readers of config/*.yaml: strict shapes in, domain types out, one clear sentence for every fault."""

from __future__ import annotations

from job_hunter.config.companies import BOARD_TYPES, WATCHED_TYPE, load_companies
from job_hunter.config.files import default_config_dir

__all__ = ["BOARD_TYPES", "WATCHED_TYPE", "default_config_dir", "load_companies"]
