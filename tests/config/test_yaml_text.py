"""Lists are read entry by entry, and come to the same as the whole tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from job_hunter.config.yaml_text import read_entries, read_tree
from job_hunter.errors import ConfigError

scalars = st.sampled_from(["1", "01", "1.5", "true", "no", "on", "~", "'x: y'", '"a\\tb"', "2026-01-01", "plain text"])
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs.items()) + "}"
        )
    ),
    max_leaves=8,
)


@given(st.lists(values, min_size=1, max_size=6))
def test_entries_are_those_of_the_tree(items: list[str]) -> None:
    """Whatever an entry holds, both ways give the same data."""
    text = "".join(f"- {item}\n" for item in items)
    assert read_entries(text) == read_tree(Path("x.yaml"), text)[1]


def test_an_alias_reaches_back_to_an_earlier_entry() -> None:
    """Anchors hold across entries, merged keys too."""
    text = "- &base {a: 1, b: [2]}\n- {<<: *base, a: 3}\n- *base\n"
    assert read_entries(text) == [{"a": 1, "b": [2]}, {"a": 3, "b": [2]}, {"a": 1, "b": [2]}]


@pytest.mark.parametrize(
    "text", ["", "a: 1\n", "- {a: 1, a: 2}\n", "- [1\n", "- 1\n---\n- 2\n", "- *nobody\n", "- !x 1\n"]
)
def test_what_is_no_sound_list_is_left_to_the_tree(text: str) -> None:
    """The tree knows the line of each fault, or reads what is no list."""
    assert read_entries(text) is None
    if text != "a: 1\n":
        with pytest.raises(ConfigError, match=r"x\.yaml"):
            read_tree(Path("x.yaml"), text)
