"""The gRPC services: each method checks, calls the engine and wraps the answer."""

import functools
import time
from collections.abc import Callable
from importlib import metadata
from typing import Any

import grpc
import qdrant_edge as edge
from google.protobuf.message import Message
from qdrant_client import grpc as q
from qdrant_client.conversions.conversion import grpc_to_payload
from qdrant_client.grpc import collections_service_pb2_grpc, points_service_pb2_grpc, qdrant_pb2_grpc

import convert
import query
import schema
from refusals import invalid, unserved
from store import Collection, Store

Method = Callable[[Any, Any, grpc.ServicerContext], Any]


def timed(method: Method) -> Method:
    """Fills in the time a request took, in seconds."""

    @functools.wraps(method)
    def call(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        start = time.perf_counter()
        response = method(self, request, context)
        response.time = time.perf_counter() - start
        return response

    return call


class Health(qdrant_pb2_grpc.QdrantServicer):
    def HealthCheck(self, request: q.HealthCheckRequest, context: grpc.ServicerContext) -> q.HealthCheckReply:
        return q.HealthCheckReply(
            title="qdrantedge: Qdrant's engine in a test server",
            version=metadata.version("qdrant-client"),
            commit="qdrant-edge-py " + metadata.version("qdrant-edge-py"),
        )


class Collections(collections_service_pb2_grpc.CollectionsServicer):
    def __init__(self, store: Store) -> None:
        self._store = store

    @timed
    def Get(self, request: q.GetCollectionInfoRequest, context: grpc.ServicerContext) -> q.GetCollectionInfoResponse:
        collection = self._store.get(request.collection_name)
        info = collection.shard.info()
        return q.GetCollectionInfoResponse(
            result=q.CollectionInfo(
                status=q.CollectionStatus.Green,
                optimizer_status=q.OptimizerStatus(ok=True),
                segments_count=info.segments_count,
                config=schema.described(collection.request),
                payload_schema={name: schema.index_info(index) for name, index in info.payload_schema.items()},
                points_count=info.points_count,
                indexed_vectors_count=info.indexed_vectors_count,
            )
        )

    @timed
    def List(self, request: q.ListCollectionsRequest, context: grpc.ServicerContext) -> q.ListCollectionsResponse:
        return q.ListCollectionsResponse(collections=[q.CollectionDescription(name=n) for n in self._store.names()])

    @timed
    def Create(self, request: q.CreateCollection, context: grpc.ServicerContext) -> q.CollectionOperationResponse:
        query.check_timeout(request)
        self._store.create(request)
        return q.CollectionOperationResponse(result=True)

    @timed
    def Update(self, request: q.UpdateCollection, context: grpc.ServicerContext) -> q.CollectionOperationResponse:
        query.check_timeout(request)
        self._store.set_metadata(request)
        return q.CollectionOperationResponse(result=True)

    @timed
    def Delete(self, request: q.DeleteCollection, context: grpc.ServicerContext) -> q.CollectionOperationResponse:
        query.check_timeout(request)
        return q.CollectionOperationResponse(result=self._store.drop(request.collection_name))

    @timed
    def CollectionExists(
        self, request: q.CollectionExistsRequest, context: grpc.ServicerContext
    ) -> q.CollectionExistsResponse:
        exists = self._store.has(request.collection_name)
        return q.CollectionExistsResponse(result=q.CollectionExists(exists=exists))

    @timed
    def UpdateAliases(self, request: q.ChangeAliases, context: grpc.ServicerContext) -> q.CollectionOperationResponse:
        query.check_timeout(request)
        self._store.change_aliases(request.actions)
        return q.CollectionOperationResponse(result=True)

    @timed
    def ListAliases(self, request: q.ListAliasesRequest, context: grpc.ServicerContext) -> q.ListAliasesResponse:
        return described_aliases(self._store.aliases())

    @timed
    def ListCollectionAliases(
        self, request: q.ListCollectionAliasesRequest, context: grpc.ServicerContext
    ) -> q.ListAliasesResponse:
        self._store.get(request.collection_name)
        name = request.collection_name
        return described_aliases({alias: of for alias, of in self._store.aliases().items() if of == name})


def described_aliases(aliases: dict[str, str]) -> q.ListAliasesResponse:
    pairs = sorted(aliases.items())
    return q.ListAliasesResponse(aliases=[q.AliasDescription(alias_name=a, collection_name=c) for a, c in pairs])


class Points(points_service_pb2_grpc.PointsServicer):
    def __init__(self, store: Store) -> None:
        self._store = store

    def _collection(self, request: Message) -> Collection:
        if "timeout" in request.DESCRIPTOR.fields_by_name:
            query.check_timeout(request)
        if "shard_key_selector" in request.DESCRIPTOR.fields_by_name and request.HasField("shard_key_selector"):
            raise unserved("custom sharding")
        return self._store.get(request.collection_name)

    @timed
    def Upsert(self, request: q.UpsertPoints, context: grpc.ServicerContext) -> q.PointsOperationResponse:
        collection = self._collection(request)
        if not request.points:
            raise invalid("Validation error: an upsert needs at least one point")
        operation = edge.UpdateOperation.upsert_points(
            convert.points(collection, request.points),
            condition=convert.filter_of(request, "update_filter"),
            update_mode=getattr(edge.UpdateMode, q.UpdateMode.Name(request.update_mode)),
        )
        return written(collection, request, operation)

    @timed
    def Delete(self, request: q.DeletePoints, context: grpc.ServicerContext) -> q.PointsOperationResponse:
        return by_selector(
            self._collection(request),
            request,
            request.points,
            edge.UpdateOperation.delete_points,
            edge.UpdateOperation.delete_points_by_filter,
        )

    @timed
    def UpdateVectors(self, request: q.UpdatePointVectors, context: grpc.ServicerContext) -> q.PointsOperationResponse:
        collection = self._collection(request)
        if not request.points:
            raise invalid("Validation error: an update of vectors needs at least one point")
        changed = [
            edge.PointVectors(convert.point_id(p.id), convert.vectors(collection, p.vectors)) for p in request.points
        ]
        condition = convert.filter_of(request, "update_filter")
        return written(collection, request, edge.UpdateOperation.update_vectors(changed, condition))

    @timed
    def SetPayload(self, request: q.SetPayloadPoints, context: grpc.ServicerContext) -> q.PointsOperationResponse:
        payload, key = grpc_to_payload(request.payload), schema.given(request, "key")
        return by_selector(
            self._collection(request),
            request,
            request.points_selector,
            lambda ids: edge.UpdateOperation.set_payload(ids, payload, key),
            lambda chosen: edge.UpdateOperation.set_payload_by_filter(chosen, payload, key),
        )

    @timed
    def OverwritePayload(self, request: q.SetPayloadPoints, context: grpc.ServicerContext) -> q.PointsOperationResponse:
        payload, key = grpc_to_payload(request.payload), schema.given(request, "key")
        return by_selector(
            self._collection(request),
            request,
            request.points_selector,
            lambda ids: edge.UpdateOperation.overwrite_payload(ids, payload, key),
            lambda chosen: edge.UpdateOperation.overwrite_payload_by_filter(chosen, payload, key),
        )

    @timed
    def DeletePayload(self, request: q.DeletePayloadPoints, context: grpc.ServicerContext) -> q.PointsOperationResponse:
        keys = list(request.keys)
        return by_selector(
            self._collection(request),
            request,
            request.points_selector,
            lambda ids: edge.UpdateOperation.delete_payload(ids, keys),
            lambda chosen: edge.UpdateOperation.delete_payload_by_filter(chosen, keys),
        )

    @timed
    def ClearPayload(self, request: q.ClearPayloadPoints, context: grpc.ServicerContext) -> q.PointsOperationResponse:
        return by_selector(
            self._collection(request),
            request,
            request.points,
            edge.UpdateOperation.clear_payload,
            edge.UpdateOperation.clear_payload_by_filter,
        )

    @timed
    def CreateFieldIndex(
        self, request: q.CreateFieldIndexCollection, context: grpc.ServicerContext
    ) -> q.PointsOperationResponse:
        collection = self._collection(request)
        if not request.field_name:
            raise invalid("Validation error: field_name is empty")
        operation = edge.UpdateOperation.create_field_index(request.field_name, schema.index_schema(request))
        return written(collection, request, operation)

    @timed
    def DeleteFieldIndex(
        self, request: q.DeleteFieldIndexCollection, context: grpc.ServicerContext
    ) -> q.PointsOperationResponse:
        collection = self._collection(request)
        return written(collection, request, edge.UpdateOperation.delete_field_index(request.field_name))

    @timed
    def Get(self, request: q.GetPoints, context: grpc.ServicerContext) -> q.GetResponse:
        collection = self._collection(request)
        found = collection.shard.retrieve(
            [convert.point_id(one) for one in request.ids],
            convert.with_payload(request, False),
            convert.with_vectors(collection, request),
        )
        return q.GetResponse(result=[convert.record(point) for point in found])

    @timed
    def Scroll(self, request: q.ScrollPoints, context: grpc.ServicerContext) -> q.ScrollResponse:
        collection = self._collection(request)
        order = query.order_by(request.order_by) if request.HasField("order_by") else None
        if order is not None and request.HasField("offset"):
            raise invalid("Wrong input: cannot use an offset when using order_by")
        asked = edge.ScrollRequest(
            offset=convert.point_id(request.offset) if request.HasField("offset") else None,
            limit=query.limit_of(request),
            filter=convert.filter_of(request),
            with_payload=convert.with_payload(request, True),
            with_vector=convert.with_vectors(collection, request),
            order_by=order,
        )
        found, following = collection.shard.scroll(asked)
        return q.ScrollResponse(
            result=[convert.record(point) for point in found],
            next_page_offset=None if following is None else convert.wire_id(following),
        )

    @timed
    def Count(self, request: q.CountPoints, context: grpc.ServicerContext) -> q.CountResponse:
        collection = self._collection(request)
        exact = request.exact if request.HasField("exact") else True
        count = collection.shard.count(edge.CountRequest(exact, convert.filter_of(request)))
        return q.CountResponse(result=q.CountResult(count=count))

    @timed
    def Query(self, request: q.QueryPoints, context: grpc.ServicerContext) -> q.QueryResponse:
        collection = self._collection(request)
        found = collection.shard.query(query.request_of(collection, request))
        return q.QueryResponse(result=[convert.scored(point) for point in found])

    @timed
    def QueryBatch(self, request: q.QueryBatchPoints, context: grpc.ServicerContext) -> q.QueryBatchResponse:
        collection = self._collection(request)
        if any(not one.collection_name for one in request.query_points):
            raise invalid("Validation error: collection_name of a query in a batch is empty")
        asked = [query.request_of(collection, one) for one in request.query_points]
        answers = collection.shard.query_batch(edge.QueryBatchRequest(asked))
        return q.QueryBatchResponse(
            result=[q.BatchResult(result=[convert.scored(point) for point in found]) for found in answers]
        )


def written(collection: Collection, request: Message, *operations: edge.UpdateOperation) -> q.PointsOperationResponse:
    return q.PointsOperationResponse(result=collection.write(operations, request.wait))


def by_selector(
    collection: Collection,
    request: Message,
    selector: q.PointsSelector,
    by_ids: Callable[[list[Any]], edge.UpdateOperation],
    by_filter: Callable[[edge.Filter], edge.UpdateOperation],
) -> q.PointsOperationResponse:
    kind = selector.WhichOneof("points_selector_one_of")
    if kind == "points":
        ids = [convert.point_id(one) for one in selector.points.ids]
        return written(collection, request, by_ids(ids))
    if kind == "filter":
        return written(collection, request, by_filter(convert.filtering(selector.filter)))
    raise invalid("Malformed request: no points are selected")
