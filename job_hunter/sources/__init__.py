"""The outside systems: one module each, and the registry of those that hold boards.

A new one is a module with `fetch` and `parse`, a line here and a recorded answer in tests/sources/fixtures.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from job_hunter.sources import ashby, greenhouse, lever
from job_hunter.sources.contract import Ats

ATS: Mapping[str, Ats] = MappingProxyType(
    {
        "greenhouse": Ats(greenhouse.fetch, greenhouse.parse),
        "lever": Ats(lever.fetch, lever.parse),
        "ashby": Ats(ashby.fetch, ashby.parse),
    }
)
