"""Reading YAML: what is accepted, and the one sentence said of everything else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from job_hunter.config.files import Entry, default_config_dir, did_you_mean, load
from job_hunter.errors import ConfigError


class Thing(Entry):
    """A shape with one field of each kind."""

    name: str
    kind: Literal["greenhouse", "lever"] = "lever"
    size: int = 0
    share: float = 0.0
    on: bool = False
    tags: tuple[str, ...] = ()
    owner: Literal["ann", "bob"] | None = None
    inner: dict[str, tuple[int, ...]] = Field(default_factory=dict)


Things = tuple[Thing, ...]


def read(tmp_path: Path, text: str | bytes, shape: type = Things) -> object:
    """What `load` makes of a file with `text`."""
    path = tmp_path / "things.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(path, shape)


def refusal(tmp_path: Path, text: str | bytes, shape: type = Things) -> str:
    """What is said of a file with `text`, after checking that it is nothing but sentences."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text, shape)
    message = str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    for word in (
        "Traceback",
        "pydantic",
        "type=",
        "input_value",
        "Value error",
        "errors.pydantic.dev",
        "yaml.org,2002",
    ):
        assert word not in message
    assert all(line.startswith("things.yaml") for line in message.splitlines())
    return message


FAULTS = [
    ("unknown key", "- {name: a, siez: 3}", "things.yaml[0].siez: unknown key; did you mean size? (line 1)"),
    (
        "far key",
        "- {name: a, zzz: 3}",
        "things.yaml[0].zzz: unknown key; known are name, kind, size, share, on, tags, owner, inner (line 1)",
    ),
    (
        "near value",
        "- name: a\n  kind: greenhous\n",
        "things.yaml[0].kind: 'greenhous' is not one of greenhouse, lever; did you mean greenhouse? (line 2)",
    ),
    (
        "other case",
        "- {name: a, kind: Lever}",
        "things.yaml[0].kind: 'Lever' is not one of greenhouse, lever; did you mean lever? (line 1)",
    ),
    ("far value", "- {name: a, kind: xxxx}", "things.yaml[0].kind: 'xxxx' is not one of greenhouse, lever (line 1)"),
    (
        "optional value",
        "- {name: a, owner: bop}",
        "things.yaml[0].owner: 'bop' is not one of ann, bob; did you mean bob? (line 1)",
    ),
    ("missing key", "- {name: a}\n- {kind: lever}\n", "things.yaml[1].name: is missing (line 2)"),
    (
        "number for text",
        "- {name: 7}",
        "things.yaml[0].name: must be text (put quotes around numbers, true and false), not 7 (line 1)",
    ),
    (
        "nothing for text",
        "- {name: }",
        "things.yaml[0].name: must be text (put quotes around numbers, true and false), not nothing (line 1)",
    ),
    ("text for number", "- {name: a, size: much}", "things.yaml[0].size: must be a whole number, not 'much' (line 1)"),
    ("fraction", "- {name: a, size: 1.5}", "things.yaml[0].size: must be a whole number, not 1.5 (line 1)"),
    ("text for bool", "- {name: a, on: maybe}", "things.yaml[0].on: must be true or false, not 'maybe' (line 1)"),
    ("text for list", "- {name: a, tags: b}", "things.yaml[0].tags: must be a list, not 'b' (line 1)"),
    (
        "deep",
        "- name: a\n  inner:\n    b:\n      - 1\n      - x\n",
        "things.yaml[0].inner.b[1]: must be a whole number, not 'x' (line 5)",
    ),
    ("entry is text", "- hello", "things.yaml[0]: must be a mapping of keys to values, not 'hello' (line 1)"),
    ("root is mapping", "things: []", "things.yaml: must be a list, not a mapping (line 1)"),
    ("empty", "", "things.yaml: is empty; it needs at least one entry"),
    ("comments only", "# nothing\n", "things.yaml: is empty; it needs at least one entry"),
    ("key twice", "- name: a\n  name: b\n", "things.yaml: the key 'name' appears twice in one entry (lines 1 and 2)"),
    ("syntax", "- {name: a\n- {name: b}\n", "things.yaml: is not valid YAML: "),
    ("two documents", "- {name: a}\n---\n- {name: b}\n", "things.yaml: is not valid YAML: "),
    ("unknown anchor", "- *nobody\n", "things.yaml: is not valid YAML: found undefined alias"),
    ("object tag", "- !!python/object/apply:os.system [ls]\n", "things.yaml: is not valid YAML: "),
    ("wrong tag", "- !!int foo\n", "things.yaml: a value does not fit its explicit !!tag; remove the tag"),
    ("tab", "- name: a\n\tkind: lever\n", "things.yaml: is not valid YAML: "),
    ("not UTF-8", b"- {name: a}\n- {name: \xff}\n", "things.yaml: is not UTF-8 text; save it as UTF-8 (line 2)"),
    ("control character", "- {name: a}\n- {name: \x07}\n", "things.yaml: "),
    ("refers to itself", "- &a [*a]\n", "things.yaml[0]: must be a mapping of keys to values, not a list (line 1)"),
    ("deep nesting", "- {name: " + "[" * 3000 + "]" * 3000 + "}", "things.yaml"),
]


@pytest.mark.parametrize(("text", "said"), [pytest.param(text, said, id=name) for name, text, said in FAULTS])
def test_each_fault_is_one_clear_sentence(tmp_path: Path, text: str | bytes, said: str) -> None:
    """
    A fault names file, entry, key, what is allowed and, when known, the line.
    """
    message = refusal(tmp_path, text)
    assert message.startswith(said)
    assert len(message.splitlines()) == 1


def test_syntax_errors_name_line_and_column(tmp_path: Path) -> None:
    """
    YAML that cannot be parsed is pointed at.
    """
    assert re.search(r"\(line 2, column \d+\)$", refusal(tmp_path, "- name: a\n  - b\n"))


def test_several_faults_come_in_the_order_of_the_file_and_are_capped(tmp_path: Path) -> None:
    """
    The first five faults are listed, the rest is counted.
    """
    lines = refusal(tmp_path, "".join(f"- {{name: a, size: x{n}}}\n" for n in range(8))).splitlines()
    assert [f"things.yaml[{n}].size: must be a whole number, not 'x{n}' (line {n + 1})" for n in range(5)] == lines[:5]
    assert lines[5:] == ["things.yaml: and 3 more"]


def test_a_long_value_is_cut(tmp_path: Path) -> None:
    """
    A message stays readable whatever the value.
    """
    assert len(refusal(tmp_path, "- {name: a, kind: " + "x" * 5000 + "}")) < 200


@pytest.mark.parametrize("make", ["missing", "directory"])
def test_a_file_that_cannot_be_read_says_where_it_was_sought(tmp_path: Path, make: str) -> None:
    """
    A missing file and a folder of that name are one sentence each.
    """
    path = tmp_path / "things.yaml"
    if make == "directory":
        path.mkdir()
    with pytest.raises(ConfigError, match=rf"^things\.yaml: .*{re.escape(str(tmp_path))}"):
        load(path, Things)


ACCEPTED = [
    ("country code", "- {name: NO}", Thing(name="NO")),
    ("yes is text", "- {name: yes}", Thing(name="yes")),
    ("date is text", "- {name: 2026-01-02}", Thing(name="2026-01-02")),
    ("time is text", "- {name: 12:30}", Thing(name="12:30")),
    ("octal is text", "- {name: 0123}", Thing(name="0123")),
    ("underscores", "- {name: a, size: 500_000}", Thing(name="a", size=500_000)),
    ("booleans", "- {name: a, on: true}", Thing(name="a", on=True)),
    ("exponent", "- {name: a, share: 1e-2}", Thing(name="a", share=0.01)),
    ("byte order mark", "\ufeff- {name: a}", Thing(name="a")),
    ("windows lines", "- name: a\r\n  size: 1\r\n", Thing(name="a", size=1)),
    ("anchors", "- &a {name: a, size: 2}\n", Thing(name="a", size=2)),
]


@pytest.mark.parametrize(("text", "thing"), [pytest.param(text, thing, id=name) for name, text, thing in ACCEPTED])
def test_scalars_mean_what_they_look_like(tmp_path: Path, text: str, thing: Thing) -> None:
    """
    Only true and false are booleans; country codes, dates and times stay text.
    """
    assert (thing,) == read(tmp_path, text)


def test_an_anchor_can_be_merged(tmp_path: Path) -> None:
    """
    YAML's merge key works and a merged key is no duplicate.
    """
    text = "- &a {name: a, size: 2}\n- {<<: *a, name: b}\n"
    assert (Thing(name="a", size=2), Thing(name="b", size=2)) == read(tmp_path, text)


def test_aliases_do_not_multiply(tmp_path: Path) -> None:
    """
    A file of aliases of aliases is refused in no time, not expanded.
    """
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    assert "must be a list, not a mapping" in refusal(tmp_path, "\n".join(levels))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_read_or_refused_in_sentences(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """
    No text whatever leads to anything but a value or a ConfigError.
    """
    said = "things.yaml"
    try:
        read(tmp_path_factory.getbasetemp(), text)
    except ConfigError as error:
        said = str(error)
    assert said.startswith("things.yaml")


@pytest.mark.parametrize(
    ("value", "choices", "said"),
    [
        ("greenhous", ["greenhouse", "lever"], "; did you mean greenhouse?"),
        (" ASHBY ", ["ashby"], "; did you mean ashby?"),
        ("x", ["greenhouse"], ""),
        (7, ["7a"], "; did you mean 7a?"),
        ("a", [], ""),
    ],
)
def test_the_nearest_value_is_offered(value: object, choices: list[str], said: str) -> None:
    """
    A typing error gets a suggestion, anything else none.
    """
    assert said == did_you_mean(value, choices)


def test_the_default_folder_holds_the_shipped_files() -> None:
    """
    A checkout reads its own config/.
    """
    names = {path.name for path in default_config_dir().glob("*.yaml")}
    assert {"companies.yaml", "cdio_watches.yaml", "alerts.yaml"} <= names
