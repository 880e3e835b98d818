"""A Terraform provider that knows the Kubernetes provider's schema and nothing of any cluster.

Usage: stub_provider.py SCHEMA.json, started by Terraform. Plans are what the configuration says; the two data sources
of the module answer with made-up values. Needs the package `tf` for the plugin protocol.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgpack
import tf.provider
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc
from tf.runner import run_provider

UID = "11111111-2222-3333-4444-555555555555"
ANSWERS: dict[str, dict[str, Any]] = {
    "kubernetes_namespace_v1": {"metadata": {"uid": UID, "generation": 1, "resource_version": "1"}},
    "kubernetes_endpoints_v1": {
        "metadata": {"uid": UID, "generation": 1, "resource_version": "1"},
        "subset": [
            {
                "address": [{"ip": "192.0.2.10", "hostname": None, "node_name": None}],
                "not_ready_address": [],
                "port": [{"port": 6443, "name": "https", "protocol": "TCP"}],
            }
        ],
    },
}
WRITE_ONLY = b"\x58\x01"  # field 11 of an attribute, which the package's protocol does not have yet

Described = dict[str, Any]


def attribute(name: str, described: Described) -> Any:
    """One attribute in Terraform's terms."""
    found = pb.Schema.Attribute(
        name=name,
        type=json.dumps(described["type"]).encode(),
        required=described["required"],
        optional=not described["required"] and (name == "id" or not described["computed"]),
        computed=described["computed"],
    )
    if name.endswith("_wo"):
        found.MergeFromString(WRITE_ONLY)
    return found


def block(described: Described) -> Any:
    """A block in Terraform's terms: one of a kind is a list of one, as in the real provider."""
    nested = []
    for name, one in described["blocks"].items():
        single = one["single"]
        mode = pb.Schema.NestedBlock.NestingMode
        nested.append(
            pb.Schema.NestedBlock(
                type_name=name,
                block=block(one["of"]),
                nesting=mode.SINGLE if single else mode.LIST,
                min_items=int(one["required"] and not single),
                max_items=0 if one["many"] or single else 1,
            )
        )
    return pb.Schema.Block(
        attributes=[attribute(name, one) for name, one in described["attributes"].items()], block_types=nested
    )


def load(value: Any) -> Any:
    """A value of the protocol."""
    return msgpack.unpackb(value.msgpack, raw=False, strict_map_key=False) if value.msgpack else None


def dump(value: Any) -> Any:
    """A value for the protocol."""
    return pb.DynamicValue(msgpack=msgpack.packb(value))


def answer(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    """What a data source reads: its configuration, and what is made up for it."""
    made_up = ANSWERS[kind]
    found = {**config, "id": "made-up"}
    found["metadata"] = [{**one, **made_up["metadata"]} for one in config["metadata"]]
    return {**found, **{name: value for name, value in made_up.items() if name != "metadata"}}


class Stub(rpc.ProviderServicer):  # type: ignore[misc]
    """The calls that validate and plan make."""

    def __init__(self, described: Described) -> None:
        self.described = described

    def GetMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802 named by the protocol
        return pb.GetMetadata.Response(
            resources=[pb.GetMetadata.ResourceMetadata(type_name=name) for name in self.described["resources"]],
            data_sources=[pb.GetMetadata.DataSourceMetadata(type_name=name) for name in self.described["data-sources"]],
        )

    def GetProviderSchema(self, request: Any, context: Any) -> Any:  # noqa: N802 named by the protocol
        return pb.GetProviderSchema.Response(
            provider=pb.Schema(block=block(self.described["provider"])),
            resource_schemas={name: pb.Schema(block=block(one)) for name, one in self.described["resources"].items()},
            data_source_schemas={
                name: pb.Schema(block=block(one)) for name, one in self.described["data-sources"].items()
            },
        )

    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 named by the protocol
        return pb.ValidateProviderConfig.Response()

    def ConfigureProvider(self, request: Any, context: Any) -> Any:  # noqa: N802 named by the protocol
        return pb.ConfigureProvider.Response()

    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 named by the protocol
        return pb.ValidateResourceConfig.Response()

    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 named by the protocol
        return pb.ValidateDataResourceConfig.Response()

    def PlanResourceChange(self, request: Any, context: Any) -> Any:  # noqa: N802 named by the protocol
        planned = load(request.proposed_new_state)
        if planned is not None:
            planned = {name: None if name.endswith("_wo") else value for name, value in planned.items()}
        return pb.PlanResourceChange.Response(planned_state=dump(planned), legacy_type_system=True)

    def ReadDataSource(self, request: Any, context: Any) -> Any:  # noqa: N802 named by the protocol
        return pb.ReadDataSource.Response(state=dump(answer(request.type_name, load(request.config))))

    def StopProvider(self, request: Any, context: Any) -> Any:  # noqa: N802 named by the protocol
        return pb.StopProvider.Response()


def main() -> None:
    """Serve until Terraform has done."""
    described = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    tf.provider.ProviderServicer = lambda _: Stub(described)  # the runner asks for it by this name
    run_provider(None, sys.argv[:1])


if __name__ == "__main__":
    main()
