"""The schema of Terraform's Kubernetes provider, read from the packages that offer it to other languages.

Usage: provider_schema.py FOLDER PACKAGE…; writes FOLDER/<version>.json for each package (a wheel or a source archive).
"""

from __future__ import annotations

import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LINK = re.compile(r"#([a-z0-9_]+) ")
PAGE = re.compile(r"/docs/(resources|data-sources)/([a-z0-9_]+)#")
PRIMITIVES = {"string": "string", "number": "number", "boolean": "bool", "any": "dynamic", "json": "dynamic"}


def assembly(package: Path) -> tuple[dict[str, Any], str]:
    """The types of a package, and the provider's version."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            inner = next(wheel.read(name) for name in wheel.namelist() if name.endswith(".jsii.tgz"))
    else:
        with tarfile.open(package) as source:
            name = next(name for name in source.getnames() if name.endswith(".jsii.tgz"))
            found = source.extractfile(name)
            assert found is not None
            inner = found.read()
    with tarfile.open(fileobj=io.BytesIO(inner)) as tgz:
        files = {name: tgz.extractfile(name) for name in ("package/.jsii", "package/package.json")}
        texts = {name: file.read() for name, file in files.items() if file is not None}
    described = json.loads(texts["package/package.json"])
    provider = (described.get("cdktn") or described["cdktf"])["provider"]
    return json.loads(texts["package/.jsii"])["types"], f"{provider['name']} {provider['version']}"


def properties(types: dict[str, Any], fqn: str) -> Iterator[tuple[str, bool, dict[str, Any], bool]]:
    """Name, whether it is required, type and whether it is a block, for each property of an interface."""
    for prop in types[fqn].get("properties", []):
        docs = prop.get("docs", {})
        link = LINK.search(json.dumps(docs))  # an @ in a description hides the rest of it under another name
        if link:
            yield link[1], not prop.get("optional"), prop["type"], docs.get("summary", "").endswith(" block.")


def union_of(kind: dict[str, Any]) -> dict[str, Any]:
    """The type itself, where it may also be given as a reference."""
    for one in kind.get("union", {}).get("types", []):
        if not one.get("fqn", "").endswith(".IResolvable"):
            return dict(one)
    return kind


def cty(kind: dict[str, Any]) -> Any:
    """Terraform's type of an attribute."""
    kind = union_of(kind)
    if "primitive" in kind:
        return PRIMITIVES[kind["primitive"]]
    if "collection" in kind:
        inner = cty(kind["collection"]["elementtype"])
        if inner == "dynamic":
            return inner
        return ["map" if kind["collection"]["kind"] == "map" else "list", inner]
    return "dynamic"


def block(types: dict[str, Any], fqn: str) -> dict[str, Any]:
    """The attributes and nested blocks of an interface, with what the provider computes besides."""
    found: dict[str, Any] = {"attributes": {}, "blocks": {}}
    for name, required, kind, is_block in properties(types, fqn):
        kind = union_of(kind)
        item = union_of(kind["collection"]["elementtype"]) if "collection" in kind else kind
        if is_block and "fqn" in item:
            found["blocks"][name] = {
                "many": "collection" in kind,
                "single": name == "timeouts",
                "required": required,
                "of": block(types, item["fqn"]),
            }
        else:
            found["attributes"][name] = {"type": cty(kind), "required": required, "computed": False}
    for prop in types.get(f"{fqn}OutputReference", {}).get("properties", []):
        name = re.sub(r"(?<!^)([A-Z])", r"_\1", prop["name"]).lower()
        is_known = name in found["attributes"] or name in found["blocks"] or name.endswith("_input")
        if not is_known and prop.get("immutable") and "primitive" in prop["type"]:
            found["attributes"][name] = {"type": cty(prop["type"]), "required": False, "computed": True}
    return found


def schema(types: dict[str, Any]) -> dict[str, Any]:
    """Resources, data sources and the provider's own configuration."""
    found: dict[str, Any] = {"resources": {}, "data-sources": {}, "provider": {}}
    for fqn, described in types.items():
        config = f"{fqn}Config"
        if described["kind"] != "class" or config not in types:
            continue
        if described.get("base", "").endswith("TerraformProvider"):
            found["provider"] = block(types, config)
            continue
        named = PAGE.search(json.dumps(types[config]))
        if named:
            found[named[1]][f"kubernetes_{named[2]}"] = one = block(types, config)
            one["attributes"]["id"] = {"type": "string", "required": False, "computed": True}
    return found


def main() -> None:
    """Write one file for each package."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for package in map(Path, sys.argv[2:]):
        types, provider = assembly(package)
        name, version = provider.split()
        path = folder / f"{version}.json"
        path.write_text(json.dumps({"name": name, "version": version, **schema(types)}), encoding="utf-8")


if __name__ == "__main__":
    main()
