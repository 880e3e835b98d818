"""Reading config/*.yaml: safe YAML with line numbers, strict shapes, and messages an operator can act on.

Every fault becomes one sentence of a `ConfigError` that names the file, the entry, the key, the line when it is known
and the nearest valid value:
`companies.yaml[12].ats_type: 'greenhous' is not one of …; did you mean greenhouse? (line 57)`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from job_hunter.config.yaml_text import REPORTED, read_entries, read_text, read_tree
from job_hunter.errors import ConfigError

Shape = TypeVar("Shape")
Loc = tuple[str | int, ...]


def default_config_dir() -> Path:
    """The folder of YAML files: the repository's config/ in a checkout, else the copy inside the package."""
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "config").is_dir():
        return checkout / "config"
    return package / "_data" / "config"


class Entry(BaseModel):
    """Base of every shape under config/: immutable, and no key that isn't declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: where (path of keys and indexes from the file's root) and a clause that says what."""

    loc: Loc
    message: str


def load(path: Path, shape: type[Shape], check: Callable[[Shape], Iterable[Fault]] | None = None) -> Shape:
    """Read `path` as YAML into `shape` (any type pydantic can validate, e.g. `tuple[CompanyEntry, ...]`).

    `check` yields the faults that no single entry shows, such as duplicates. Raises ConfigError: one sentence a
    fault, the first five of them, one on each line.
    """
    text = read_text(path)
    adapter = TypeAdapter(shape)
    entries = read_entries(text)
    if entries is not None:
        try:
            value = adapter.validate_python(entries)
        except ValidationError:
            pass
        else:
            if check is None or not any(True for _ in check(value)):
                return value
    root, data = read_tree(path, text)
    try:
        value = adapter.validate_python(data)
    except ValidationError as error:
        schema = adapter.json_schema()
        faults = [_fault(item, schema) for item in error.errors(include_url=False)]
    else:
        faults = list(check(value)) if check else []
        if not faults:
            return value
    raise ConfigError(_report(path, root, faults)) from None


def duplicates(values: Iterable[tuple[Loc, object]], what: str) -> Iterator[Fault]:
    """A fault for every value that appeared before. `what` completes "'monzo' is already …": `the slug of`."""
    first: dict[object, Loc] = {}
    for loc, value in values:
        if value in first:
            yield Fault(loc, f"{_shown(value)} is already {what} entry {_path(first[value][:-1])}")
        else:
            first[value] = loc


def did_you_mean(value: object, choices: Iterable[str]) -> str:
    """`; did you mean greenhouse?`, or an empty string when nothing is near."""
    by_case = {choice.casefold(): choice for choice in choices}
    near = difflib.get_close_matches(str(value).strip().casefold(), list(by_case), n=1, cutoff=0.6)
    return f"; did you mean {by_case[near[0]]}?" if near else ""


def not_one_of(value: object, choices: Sequence[str]) -> str:
    """The clause for a value that isn't among `choices`, with the nearest of them."""
    listed = ", ".join(choices) if len(choices) <= 12 else ", ".join(choices[:12]) + ", …"
    return f"{_shown(value)} is not one of {listed}{did_you_mean(value, choices)}"


def _report(path: Path, root: yaml.Node, faults: Sequence[Fault]) -> str:
    """The faults as lines, in the order of the file."""
    placed = sorted(((_line(root, fault.loc), fault) for fault in faults), key=lambda pair: pair[0])
    lines = [f"{path.name}{_path(fault.loc)}: {fault.message} (line {line})" for line, fault in placed[:REPORTED]]
    if len(faults) > REPORTED:
        lines.append(f"{path.name}: and {len(faults) - REPORTED} more")
    return "\n".join(lines)


def _path(loc: Loc) -> str:
    """`(12, "ats_type")` as `[12].ats_type`."""
    return "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" if re.fullmatch(r"[\w-]+", part) else f"[{part!r}]"
        for part in loc
    )


def _line(root: yaml.Node, loc: Loc) -> int:
    """The line of the entry at `loc`, or of the nearest thing around it that the file really holds."""
    node, line = root, root.start_mark.line + 1
    for part in loc:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        else:
            break
    return line


_EXPECTED = {
    "string_type": "must be text (put quotes around numbers, true and false)",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "set_type": "must be a list",
    "frozen_set_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
    "recursion_loop": "refers to itself",
}

_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def _fault(item: Any, schema: dict[str, Any]) -> Fault:
    """One of pydantic's error details as a fault in plain words."""
    loc: Loc = tuple(part for part in item["loc"] if part != "[key]")
    kind, value, context = item["type"], item.get("input"), item.get("ctx", {})
    if kind == "missing":
        choices = _choices(_at(schema, loc))
        return Fault(loc, "is missing" + (f"; give one of {', '.join(choices)}" if choices else ""))
    if kind == "extra_forbidden":
        known = list(_at(schema, loc[:-1]).get("properties", {}))
        return Fault(loc, f"unknown key{did_you_mean(loc[-1], known) or '; known are ' + ', '.join(known)}")
    if kind in ("enum", "literal_error"):
        return Fault(loc, not_one_of(value, _choices(_at(schema, loc))))
    if kind == "value_error":
        return Fault(loc, str(context["error"]))
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return Fault(loc, f"must be {words} {context[bound]}, not {_shown(value)}")
    if kind in _EXPECTED:
        return Fault(loc, f"{_EXPECTED[kind]}, not {_shown(value)}")
    return Fault(loc, f"{_shown(value)} is wrong: {item['msg'][:1].lower()}{item['msg'][1:]}")


def _at(schema: dict[str, Any], loc: Loc) -> dict[str, Any]:
    """The part of a JSON schema that describes the value at `loc`; empty when it says nothing."""
    definitions = schema.get("$defs", {})
    node = _resolved(schema, definitions)
    for part in loc:
        if isinstance(part, int):
            node = node.get("items", {})
        else:
            node = node.get("properties", {}).get(part) or node.get("additionalProperties") or {}
        node = _resolved(node, definitions) if isinstance(node, dict) else {}
    return node


def _resolved(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """`node` with a reference followed, and the real branch of an optional value chosen."""
    for branch in node.get("anyOf", ()):
        if branch.get("type") != "null":
            return _resolved(branch, definitions)
    reference = node.get("$ref")
    return definitions.get(reference.rpartition("/")[2], {}) if isinstance(reference, str) else node


def _choices(node: dict[str, Any]) -> list[str]:
    """The values a schema node allows, when it lists them."""
    return [str(value) for value in (node.get("enum") or ([node["const"]] if "const" in node else []))]


def _shown(value: object) -> str:
    """A value for a message: its repr, cut at 60 characters; lists and mappings by their kind."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…" + text[0]
