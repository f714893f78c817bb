"""Searches: from the wire to the engine."""

from typing import Any

import qdrant_edge as edge
from google.protobuf.message import Message
from qdrant_client import grpc as q

import convert
from refusals import invalid, unserved
from schema import fields, given
from store import Collection

DEFAULT_LIMIT = 10
DEFAULT_RRF_K = 2


def limit_of(request: Message) -> int:
    limit = request.limit if request.HasField("limit") else DEFAULT_LIMIT
    if limit == 0:
        raise invalid("Validation error in body: limit: value 0 invalid, must be 1 or larger")
    return limit


def check_timeout(request: Message) -> None:
    if request.HasField("timeout") and request.timeout == 0:
        raise invalid("Validation error in body: timeout: value 0 invalid, must be 1 or larger")


def request_of(collection: Collection, wire: q.QueryPoints) -> edge.QueryRequest:
    check_timeout(wire)
    refuse_unserved(wire)
    return edge.QueryRequest(
        limit=limit_of(wire),
        offset=wire.offset,
        query=query(collection, wire),
        prefetches=[prefetch(collection, one) for one in wire.prefetch],
        with_vector=convert.with_vectors(collection, wire),
        with_payload=convert.with_payload(wire, False),
        filter=convert.filter_of(wire),
        score_threshold=given(wire, "score_threshold"),
        params=params(wire),
    )


def prefetch(collection: Collection, wire: q.PrefetchQuery) -> edge.Prefetch:
    refuse_unserved(wire)
    return edge.Prefetch(
        limit=limit_of(wire),
        query=query(collection, wire),
        prefetches=[prefetch(collection, one) for one in wire.prefetch],
        params=params(wire),
        filter=convert.filter_of(wire),
        score_threshold=given(wire, "score_threshold"),
    )


def refuse_unserved(wire: q.QueryPoints | q.PrefetchQuery) -> None:
    if wire.HasField("lookup_from"):
        raise unserved("lookup_from")
    if isinstance(wire, q.QueryPoints) and wire.HasField("shard_key_selector"):
        raise unserved("custom sharding")


def query(collection: Collection, wire: q.QueryPoints | q.PrefetchQuery) -> Any:
    if not wire.HasField("query"):
        return None
    kind = wire.query.WhichOneof("variant")
    if kind == "nearest":
        if wire.query.nearest.WhichOneof("variant") == "id":
            raise unserved("a query by the id of a point")
        vector = convert.vector(collection, wire.using, wire.query.nearest)
        return edge.Query.Nearest(vector, wire.using)
    if kind == "fusion":
        return edge.Fusion.Rrf(k=DEFAULT_RRF_K) if wire.query.fusion == q.Fusion.RRF else edge.Fusion.Dbsf()
    if kind == "rrf":
        return reciprocal_rank(wire.query.rrf, len(wire.prefetch))
    if kind == "order_by":
        return order_by(wire.query.order_by)
    if kind == "sample":
        return edge.Sample.Random
    if kind is None:
        raise invalid("Malformed request: query is empty")
    raise unserved(f"queries of kind {kind}")


def reciprocal_rank(wire: q.Rrf, legs: int) -> edge.Fusion.Rrf:
    k = wire.k if wire.HasField("k") else DEFAULT_RRF_K
    if k == 0:
        raise invalid("Validation error in body: rrf.k: value 0 invalid, must be 1 or larger")
    if wire.weights and len(wire.weights) != legs:
        raise invalid(f"Wrong input: {len(wire.weights)} weights for {legs} prefetches")
    return edge.Fusion.Rrf(k=k, weights=list(wire.weights) or None)


def order_by(wire: q.OrderBy) -> edge.OrderBy:
    start: Any = None
    if wire.HasField("start_from"):
        kind = wire.start_from.WhichOneof("value")
        start = getattr(wire.start_from, kind) if kind else None
        if kind == "timestamp":
            start = start.ToJsonString()
    direction = edge.Direction.Desc if wire.direction == q.Direction.Desc else edge.Direction.Asc
    return edge.OrderBy(wire.key, direction, start)


def params(wire: q.QueryPoints | q.PrefetchQuery) -> edge.SearchParams | None:
    if not wire.HasField("params"):
        return None
    asked = wire.params
    quantization, acorn = None, None
    if asked.HasField("quantization"):
        quantization = edge.QuantizationSearchParams(**fields(asked.quantization, "ignore", "rescore", "oversampling"))
    if asked.HasField("acorn"):
        acorn = edge.AcornSearchParams(**fields(asked.acorn, "enable", "max_selectivity"))
    if asked.HasField("idf"):
        raise unserved("a corpus of its own for IDF")
    return edge.SearchParams(quantization=quantization, acorn=acorn, **fields(asked, "hnsw_ef", "exact", "indexed_only"))
