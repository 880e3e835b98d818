"""The YAML of config/ as plain data: strict about what a value is, and one clear sentence for what cannot be parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer

from job_hunter.errors import ConfigError

REPORTED = 5
"""How many faults one message lists."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe YAML in which only true and false are booleans, and `NO`, `on`, `12:30` and dates stay text."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 the name PyYAML reads


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:0|[1-9][0-9_]*)$", "-+0123456789"),
    ("float", r"^[-+]?[0-9][0-9_]*(?:\.[0-9]*(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$", "-+0123456789"),
    ("null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("merge", r"^(?:<<)$", "<"),
):
    _initials: list[str] = [*_first.replace("\0", "")] + ([""] if "\0" in _first else [])
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _initials)


class _EntryLoader(_Loader, Composer):
    """The same YAML, composed node by node."""

    def __init__(self, text: str) -> None:
        super().__init__(text)  # type: ignore[call-arg]
        self.anchors: dict[str, yaml.Node] = {}


def read_entries(text: str) -> list[object] | None:
    """The plain data of a list, made entry by entry: the nodes of ten thousand entries at once take 100 MB.

    None when the file is no list, or has a fault, for which the whole tree of nodes knows the line.
    """
    try:
        loader = _EntryLoader(text)
        for event in (yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.SequenceStartEvent):
            if not loader.check_event(event):
                return None
            loader.get_event()
        entries: list[object] = []
        while not loader.check_event(yaml.SequenceEndEvent):
            node: Any = loader.compose_node(None, len(entries))
            if any(True for _ in _repeated_keys(node)):
                return None
            entries.append(loader.construct_document(node))
        loader.get_event()
        loader.get_event()
        return entries if loader.check_event(yaml.StreamEndEvent) else None
    except (yaml.YAMLError, RecursionError, ValueError, KeyError, IndexError):
        return None


def read_text(path: Path) -> str:
    """The text of a file of config/. Raises ConfigError."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        hint = "set JOB_HUNTER_CONFIG_DIR to the folder that holds it"
        raise ConfigError(f"{path.name}: there is no such file in {path.parent}; {hint}") from None
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be read from {path.parent}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path.name}: is not UTF-8 text; save it as UTF-8 (line {line})") from None


def read_tree(path: Path, text: str) -> tuple[yaml.Node, object]:
    """The node tree (for line numbers) and the plain data of one YAML file. Raises ConfigError."""
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        if root is None:
            raise ConfigError(f"{path.name}: is empty; it needs at least one entry")
        twice = list(_repeated_keys(root))
        if twice:
            raise ConfigError("\n".join(f"{path.name}: {clause}" for clause in twice[:REPORTED]))
        return root, loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{path.name}: is not valid YAML: {_yaml_problem(error)}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(f"{path.name}: holds a control character YAML forbids (line {line})") from None
    except RecursionError:
        raise ConfigError(f"{path.name}: is nested too deeply to be read") from None
    except (ValueError, KeyError, IndexError):
        raise ConfigError(f"{path.name}: a value does not fit its explicit !!tag; remove the tag") from None


def _yaml_problem(error: yaml.MarkedYAMLError) -> str:
    """`did not find expected ',' or ']' (line 3, column 7)`, on one line."""
    mark = error.problem_mark or error.context_mark
    problem = error.problem or error.context or "it cannot be parsed"
    if isinstance(error, yaml.constructor.ConstructorError) and "could not determine a constructor" in problem:
        problem = "an explicit !tag is not allowed; remove it"
    return f"{problem} (line {mark.line + 1}, column {mark.column + 1})" if mark else problem


def _repeated_keys(root: yaml.Node) -> Iterator[str]:
    """A clause for every key that a mapping holds twice; YAML itself would silently keep the last."""
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            stack.extend(reversed(node.value))
        elif isinstance(node, yaml.MappingNode):
            lines: dict[tuple[str, str], int] = {}
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue
                line = key.start_mark.line + 1
                if (key.tag, key.value) in lines:
                    before = lines[key.tag, key.value]
                    yield f"the key {key.value!r} appears twice in one entry (lines {before} and {line})"
                else:
                    lines[key.tag, key.value] = line
            stack.extend(value for _, value in reversed(node.value))
