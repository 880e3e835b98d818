"""The readings against labelled cases and captured boards, where these are at hand."""

from __future__ import annotations

import os

import pytest

from benchmarks.accuracy import main


@pytest.mark.real
@pytest.mark.skipif("JOB_HUNTER_GOLD" not in os.environ, reason="JOB_HUNTER_GOLD names no folder of labelled cases")
def test_no_score_is_below_its_floor() -> None:
    """What `make accuracy` prints passes all its floors."""
    lines: list[str] = []
    assert main(lines.append) == 0, "\n".join(lines)
