"""What the package says of the flows without importing them."""

from __future__ import annotations

from flows.runtime import TAG_LIMITS
from job_hunter.usecases.slots import TAGS


def test_doctor_looks_at_the_tags_of_the_flows() -> None:
    """The package does not import Prefect, and so names the flows' tags itself."""
    assert set(TAG_LIMITS) == set(TAGS)
