"""A collection's configuration: from the request to the engine's, and back as its info."""

from collections.abc import Iterator
from typing import Any

import qdrant_edge as edge
from google.protobuf.message import Message
from qdrant_client import grpc as q

from refusals import invalid, unserved

MAX_DIMENSION = 65536
DATATYPES = {q.Datatype.Float32: "Float32", q.Datatype.Uint8: "Uint8", q.Datatype.Float16: "Float16"}
# Of CreateCollection, what means nothing to a single shard without neighbours.
SERVER_ONLY = ("shard_number", "replication_factor", "write_consistency_factor")
HNSW = {"m": 16, "ef_construct": 100, "full_scan_threshold": 10000}  # the server's defaults


def given(message: Message, name: str) -> Any:
    """The field's value, or None where the client left it out."""
    return getattr(message, name) if message.HasField(name) else None


def fields(message: Message, *names: str) -> dict[str, Any]:
    return {name: given(message, name) for name in names if message.HasField(name)}


def memory(message: Message) -> edge.Memory | None:
    value = given(message, "memory")
    names = {q.Memory.Cold: edge.Memory.Cold, q.Memory.Cached: edge.Memory.Cached, q.Memory.Pinned: edge.Memory.Pinned}
    return names.get(value)


def dense_params(request: q.CreateCollection) -> dict[str, q.VectorParams]:
    """The dense vectors by name; the unnamed one is called ""."""
    kind = request.vectors_config.WhichOneof("config")
    if kind == "params":
        return {"": request.vectors_config.params}
    if kind == "params_map":
        return dict(request.vectors_config.params_map.map)
    return {}


def engine_config(request: q.CreateCollection) -> edge.EdgeConfig:
    """Raises Refused for what the engine has no place for."""
    refuse_server_only(request)
    dense = {name: dense_vector(name, params) for name, params in dense_params(request).items()}
    sparse = {name: sparse_vector(params) for name, params in request.sparse_vectors_config.map.items()}
    if set(dense) & set(sparse):
        raise invalid(f"Wrong input: vector name used twice: {sorted(set(dense) & set(sparse))}")
    return edge.EdgeConfig(
        vectors=dense,
        sparse_vectors=sparse,
        on_disk_payload=given(request, "on_disk_payload"),
        hnsw_config=hnsw(request.hnsw_config) if request.HasField("hnsw_config") else None,
        quantization_config=quantization(request),
        optimizers=optimizers(request.optimizers_config) if request.HasField("optimizers_config") else None,
        payload_memory=memory(request.payload),
        id_tracker_memory=memory(request.id_tracker),
    )


def refuse_server_only(request: q.CreateCollection) -> None:
    for name in SERVER_ONLY:
        if request.HasField(name) and getattr(request, name) != 1:
            raise invalid(f"Wrong input: {name} must be 1, this is a single shard")
    if request.HasField("sharding_method") and request.sharding_method != q.ShardingMethod.Auto:
        raise unserved("custom sharding")
    if request.HasField("strict_mode_config") and request.strict_mode_config.enabled:
        raise unserved("strict mode")
    if request.HasField("wal_config"):
        raise unserved("wal_config: the engine's log has no settings")


def dense_vector(name: str, params: q.VectorParams) -> edge.EdgeVectorParams:
    if not 1 <= params.size <= MAX_DIMENSION:
        raise invalid(f"Validation error: size of vector {name!r} must be from 1 to {MAX_DIMENSION}")
    if params.distance == q.Distance.UnknownDistance:
        raise invalid(f"Wrong input: vector {name!r} has no distance")
    multivector = None
    if params.HasField("multivector_config"):
        multivector = edge.MultiVectorConfig(edge.MultiVectorComparator.MaxSim)
    return edge.EdgeVectorParams(
        size=params.size,
        distance=getattr(edge.Distance, q.Distance.Name(params.distance)),
        on_disk=given(params, "on_disk"),
        multivector_config=multivector,
        datatype=datatype(params),
        quantization_config=quantization(params),
        hnsw_config=hnsw(params.hnsw_config) if params.HasField("hnsw_config") else None,
        memory=memory(params),
    )


def sparse_vector(params: q.SparseVectorParams) -> edge.EdgeSparseVectorParams:
    return edge.EdgeSparseVectorParams(
        full_scan_threshold=given(params.index, "full_scan_threshold"),
        on_disk=given(params.index, "on_disk"),
        modifier=edge.Modifier.Idf if params.modifier == q.Modifier.Idf else None,
        datatype=datatype(params.index),
        memory=memory(params.index),
    )


def datatype(message: Message) -> edge.VectorStorageDatatype | None:
    value = given(message, "datatype")
    if not value:
        return None
    if value not in DATATYPES:
        raise unserved(f"datatype {q.Datatype.Name(value)}")
    return getattr(edge.VectorStorageDatatype, DATATYPES[value])


def hnsw(diff: q.HnswConfigDiff) -> edge.HnswIndexConfig:
    settings = HNSW | fields(diff, *HNSW, "max_indexing_threads", "on_disk", "payload_m", "inline_storage")
    return edge.HnswIndexConfig(**settings, memory=memory(diff))


def optimizers(diff: q.OptimizersConfigDiff) -> edge.EdgeOptimizersConfig:
    if diff.HasField("memmap_threshold"):
        raise unserved("memmap_threshold: set on_disk of the vectors instead")
    return edge.EdgeOptimizersConfig(
        **fields(
            diff,
            "deleted_threshold",
            "vacuum_min_vector_number",
            "default_segment_number",
            "max_segment_size",
            "indexing_threshold",
            "prevent_unoptimized",
        )
    )


def quantization(owner: Message) -> Any:
    """The engine's quantization of a request or of one of its vectors."""
    if not owner.HasField("quantization_config"):
        return None
    kind = owner.quantization_config.WhichOneof("quantization")
    if kind is None:
        raise invalid("Wrong input: quantization_config is empty")
    wanted = getattr(owner.quantization_config, kind)
    common = fields(wanted, "always_ram") | {"memory": memory(wanted)}
    if kind == "scalar":
        if wanted.type != q.QuantizationType.Int8:
            raise invalid("Wrong input: scalar quantization needs type Int8")
        return edge.ScalarQuantizationConfig(edge.ScalarType.Int8, **fields(wanted, "quantile"), **common)
    if kind == "product":
        ratio = q.CompressionRatio.Name(wanted.compression).upper()
        return edge.ProductQuantizationConfig(getattr(edge.CompressionRatio, ratio), **common)
    if kind == "binary":
        return binary(wanted, common)
    raise unserved(f"{kind} quantization")


def binary(wanted: q.BinaryQuantization, common: dict[str, Any]) -> edge.BinaryQuantizationConfig:
    encoding, query_encoding = None, None
    if wanted.HasField("encoding"):
        encoding = getattr(edge.BinaryQuantizationEncoding, q.BinaryQuantizationEncoding.Name(wanted.encoding))
    if wanted.HasField("query_encoding"):
        name = q.BinaryQuantizationQueryEncoding.Setting.Name(wanted.query_encoding.setting)
        query_encoding = getattr(edge.BinaryQuantizationQueryEncoding, name)
    return edge.BinaryQuantizationConfig(encoding=encoding, query_encoding=query_encoding, **common)


def described(request: q.CreateCollection) -> q.CollectionConfig:
    """The configuration as Get tells it: what was asked for over the defaults."""
    config = q.CollectionConfig(
        params=q.CollectionParams(
            shard_number=1,
            on_disk_payload=request.on_disk_payload if request.HasField("on_disk_payload") else True,
            replication_factor=1,
            write_consistency_factor=1,
        ),
        hnsw_config=q.HnswConfigDiff(**HNSW),
    )
    config.hnsw_config.MergeFrom(request.hnsw_config)
    config.optimizer_config.MergeFrom(request.optimizers_config)
    for name in ("vectors_config", "sparse_vectors_config", "payload", "id_tracker"):
        if request.HasField(name):
            getattr(config.params, name).CopyFrom(getattr(request, name))
    if request.HasField("quantization_config"):
        config.quantization_config.CopyFrom(request.quantization_config)
    for key, value in request.metadata.items():
        config.metadata[key].CopyFrom(value)
    return config


def index_schema(request: q.CreateFieldIndexCollection) -> Any:
    """The type of index asked for, with its settings if there are any."""
    kind = request.field_index_params.WhichOneof("index_params")
    if kind is None:
        if not request.HasField("field_type"):
            raise invalid("Wrong input: field_type is not set")
        name = q.FieldType.Name(request.field_type).removeprefix("FieldType")
        return getattr(edge.PayloadSchemaType, name)
    wanted = getattr(request.field_index_params, kind)
    return getattr(edge, type(wanted).__name__)(**dict(index_settings(wanted)))


def index_settings(wanted: Message) -> Iterator[tuple[str, Any]]:
    for field, value in wanted.ListFields():
        if field.name == "memory":
            yield "memory", memory(wanted)
        elif field.name == "tokenizer":
            yield "tokenizer", getattr(edge.TokenizerType, q.TokenizerType.Name(value))
        elif field.message_type is not None:
            raise unserved(f"the setting {field.name} of an index")
        else:
            yield field.name, value


def index_info(index: "edge.PayloadIndexInfo") -> q.PayloadSchemaInfo:
    name = str(index.data_type).rpartition(".")[2]
    return q.PayloadSchemaInfo(data_type=q.PayloadSchemaType.Value(name), points=index.points)
