"""How many boards go which way."""

from __future__ import annotations

import pytest

from flows.fan_out import Mode, mode_for


@pytest.mark.parametrize(
    ("boards", "mode"),
    [(1, "tasks"), (100, "tasks"), (101, "chunks"), (2_000, "chunks"), (2_001, "shards"), (10_000, "shards")],
)
def test_the_number_of_boards_chooses_the_way(boards: int, mode: str) -> None:
    """A task each up to a hundred, chunks up to two thousand, shards above."""
    assert mode_for(boards) is Mode(mode)
