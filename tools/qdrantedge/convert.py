"""Ids, vectors, filters and points: from the wire to the engine and back."""

import re
import uuid
from collections.abc import Iterable
from typing import Any

import numpy
import qdrant_edge as edge
from google.protobuf.message import Message
from qdrant_client import grpc as q
from qdrant_client.conversions.conversion import grpc_to_payload, payload_to_grpc

from refusals import invalid, unserved
from schema import fields, given
from store import Collection

UUID = re.compile(
    r"[0-9a-f]{32}|(?:urn:uuid:)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}",
    re.IGNORECASE,
)


def point_id(wire: q.PointId) -> int | uuid.UUID:
    kind = wire.WhichOneof("point_id_options")
    if kind == "num":
        return wire.num
    if kind == "uuid":
        if not UUID.fullmatch(wire.uuid):
            raise invalid(f"Unable to parse UUID: {wire.uuid}")
        return uuid.UUID(wire.uuid)
    raise invalid("Malformed request: no ID options provided")


def wire_id(value: int | uuid.UUID) -> q.PointId:
    return q.PointId(num=value) if isinstance(value, int) else q.PointId(uuid=str(value))


def sparse(collection: Collection, name: str, indices: Iterable[int], values: Iterable[float]) -> edge.SparseVector:
    """Checked here because the engine panics on unequal lengths."""
    if name not in collection.sparse:
        raise unknown_vector(collection, name)
    indices, values = list(indices), list(values)
    if len(indices) != len(values):
        raise invalid("Validation error: sparse vector: indices and values must have the same length")
    if len(set(indices)) != len(indices):
        raise invalid("Validation error: sparse vector: indices must be unique")
    return edge.SparseVector(indices, values)


def dense(collection: Collection, name: str, values: Iterable[float]) -> list[float]:
    params = collection.dense.get(name)
    if params is None:
        raise unknown_vector(collection, name)
    vector = list(values)
    if len(vector) != params.size:
        raise invalid(f"Wrong input: Vector dimension error: expected dim: {params.size}, got {len(vector)}")
    return vector


def unknown_vector(collection: Collection, name: str) -> Exception:
    if name in collection.dense or name in collection.sparse:
        return invalid(f"Wrong input: Conversion between sparse and regular vectors failed: {name}")
    return invalid(f"Wrong input: Not existing vector name error: {name}")


def vector(collection: Collection, name: str, wire: Message) -> Any:
    """A Vector of a point or a VectorInput of a query, checked against the collection."""
    kind = wire.WhichOneof("variant" if isinstance(wire, q.VectorInput) else "vector")
    if kind == "dense":
        return dense(collection, name, wire.dense.data)
    if kind == "sparse":
        return sparse(collection, name, wire.sparse.indices, wire.sparse.values)
    if kind == "multi_dense":
        rows = wire.multi_dense.vectors
        if not rows or not collection.dense.get(name, q.VectorParams()).HasField("multivector_config"):
            raise invalid(f"Wrong input: vector {name!r} is no multi-vector or it is empty")
        return [dense(collection, name, row.data) for row in rows]
    if kind is None and not isinstance(wire, q.VectorInput):  # the deprecated way to say it
        if wire.HasField("indices"):
            return sparse(collection, name, wire.indices.data, wire.data)
        return dense(collection, name, wire.data)
    raise unserved(f"vectors of kind {kind}")


def vectors(collection: Collection, wire: q.Vectors) -> Any:
    kind = wire.WhichOneof("vectors_options")
    if kind == "vector":
        return vector(collection, "", wire.vector)
    if kind == "vectors":
        named = wire.vectors.vectors
        return {name: vector(collection, name, named[name]) for name in named}
    raise invalid("Malformed request: expected some vectors")


def points(collection: Collection, wire: Iterable[q.PointStruct]) -> list[edge.Point]:
    """Checks all of them before any is written: the engine would write those before a bad one."""
    return [edge.Point(point_id(p.id), vectors(collection, p.vectors), grpc_to_payload(p.payload)) for p in wire]


def wire_vector(value: Any) -> q.VectorOutput:
    if isinstance(value, edge.SparseVector):
        return q.VectorOutput(sparse=q.SparseVector(indices=value.indices, values=value.values))
    if value and isinstance(value[0], list):
        return q.VectorOutput(multi_dense=q.MultiDenseVector(vectors=[q.DenseVector(data=row) for row in value]))
    return q.VectorOutput(dense=q.DenseVector(data=value))


def wire_vectors(value: Any) -> q.VectorsOutput | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        return q.VectorsOutput(vector=wire_vector(value))
    named = {name: wire_vector(one) for name, one in value.items()}
    return q.VectorsOutput(vectors=q.NamedVectorsOutput(vectors=named))


def order_value(value: int | float | None) -> q.OrderValue | None:
    if value is None:
        return None
    return q.OrderValue(int=value) if isinstance(value, int) else q.OrderValue(float=value)


def common(point: edge.Record | edge.ScoredPoint) -> dict[str, Any]:
    return {
        "id": wire_id(point.id),
        "payload": payload_to_grpc(point.payload or {}),
        "vectors": wire_vectors(point.vector),
        "order_value": order_value(point.order_value),
    }


def record(point: edge.Record) -> q.RetrievedPoint:
    return q.RetrievedPoint(**common(point))


def scored(point: edge.ScoredPoint) -> q.ScoredPoint:
    return q.ScoredPoint(score=point.score, version=point.version, **common(point))


def with_payload(request: Message, default: bool) -> Any:
    if not request.HasField("with_payload"):
        return default
    kind = request.with_payload.WhichOneof("selector_options")
    if kind == "include":
        return edge.PayloadSelector.Include(list(request.with_payload.include.fields))
    if kind == "exclude":
        return edge.PayloadSelector.Exclude(list(request.with_payload.exclude.fields))
    return kind == "enable" and request.with_payload.enable


def with_vectors(collection: Collection, request: Message) -> bool | list[str]:
    if not request.HasField("with_vectors"):
        return False
    if request.with_vectors.WhichOneof("selector_options") != "include":
        return request.with_vectors.enable
    names = list(request.with_vectors.include.names)
    for name in names:
        if name not in collection.dense and name not in collection.sparse:
            raise unknown_vector(collection, name)
    return names


def filter_of(request: Message, name: str = "filter") -> edge.Filter | None:
    return filtering(getattr(request, name)) if request.HasField(name) else None


def filtering(wire: q.Filter) -> edge.Filter:
    enough = None
    if wire.HasField("min_should"):
        enough = edge.MinShould([condition(c) for c in wire.min_should.conditions], wire.min_should.min_count)
    return edge.Filter(
        must=[condition(c) for c in wire.must] or None,
        should=[condition(c) for c in wire.should] or None,
        must_not=[condition(c) for c in wire.must_not] or None,
        min_should=enough,
    )


def condition(wire: q.Condition) -> Any:
    kind = wire.WhichOneof("condition_one_of")
    if kind == "field":
        return field_condition(wire.field)
    if kind == "filter":
        return filtering(wire.filter)
    if kind == "has_id":
        return edge.HasIdCondition({point_id(one) for one in wire.has_id.has_id})
    if kind == "has_vector":
        return edge.HasVectorCondition(wire.has_vector.has_vector)
    if kind == "is_empty":
        return edge.IsEmptyCondition(wire.is_empty.key)
    if kind == "is_null":
        return edge.IsNullCondition(wire.is_null.key)
    if kind == "nested":
        return edge.NestedCondition(wire.nested.key, filtering(wire.nested.filter))
    if kind is None:
        raise invalid("Malformed request: empty condition")
    raise unserved(f"conditions of kind {kind}")


def field_condition(wire: q.FieldCondition) -> edge.FieldCondition:
    bounds = None
    if wire.HasField("range"):
        bounds = edge.RangeFloat(**fields(wire.range, "gte", "gt", "lte", "lt"))
    elif wire.HasField("datetime_range"):
        times = fields(wire.datetime_range, "gte", "gt", "lte", "lt")
        bounds = edge.RangeDateTime(**{name: time.ToJsonString() for name, time in times.items()})
    count = None
    if wire.HasField("values_count"):
        count = edge.ValuesCount(**fields(wire.values_count, "lt", "gt", "lte", "gte"))
    for geo in ("geo_bounding_box", "geo_radius", "geo_polygon"):
        if wire.HasField(geo):
            raise unserved(f"conditions of kind {geo}")
    matched = match(wire.match) if wire.HasField("match") else None
    if all(c is None for c in (bounds, count, matched, given(wire, "is_empty"), given(wire, "is_null"))):
        raise invalid("Malformed request: field condition without a condition")
    return edge.FieldCondition(
        key=wire.key,
        match=matched,
        range=bounds,
        values_count=count,
        is_empty=given(wire, "is_empty"),
        is_null=given(wire, "is_null"),
    )


def match(wire: q.Match) -> Any:
    kind = wire.WhichOneof("match_value")
    if kind is None:
        raise invalid("Malformed request: match without a value")
    value = getattr(wire, kind)
    if kind == "boolean":
        return edge.MatchValue(numpy.bool_(value))  # the engine takes Python's True for the integer 1
    if kind in ("keyword", "integer"):
        return edge.MatchValue(value)
    kinds = {
        "text": edge.MatchText,
        "phrase": edge.MatchPhrase,
        "text_any": edge.MatchTextAny,
        "prefix": edge.MatchPrefix,
        "substring": edge.MatchSubstring,
        "keywords": edge.MatchAny,
        "integers": edge.MatchAny,
        "except_keywords": edge.MatchExcept,
        "except_integers": edge.MatchExcept,
    }
    if kind.endswith("keywords"):
        value = list(value.strings)
    elif kind.endswith("integers"):
        value = list(value.integers)
    return kinds[kind](value)
