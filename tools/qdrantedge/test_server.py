"""The server through a real channel: python -m unittest"""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
from typing import Any

import grpc
from qdrant_client import grpc as q

HERE = pathlib.Path(__file__).parent
ONE_UUID = "5c56c793-69f3-4fbf-87e6-c4bf54c28c26"


class Server:
    """A server process and stubs that speak to it."""

    def __init__(self, storage: str, *options: str) -> None:
        command = [sys.executable, str(HERE / "serve.py"), "--port", "0", "--storage", storage, *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.address = json.loads(self.process.stdout.readline())["address"]
        self.channel = grpc.insecure_channel(self.address)
        self.health = q.QdrantStub(self.channel)
        self.collections = q.CollectionsStub(self.channel)
        self.points = q.PointsStub(self.channel)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.channel.close()
        self.process.send_signal(how)
        code = self.process.wait(30)
        self.process.stdout.close()
        return code

    def create(self, name: str) -> None:
        dense = q.VectorParamsMap(map={"dense": q.VectorParams(size=2, distance=q.Distance.Cosine)})
        request = q.CreateCollection(
            collection_name=name,
            vectors_config=q.VectorsConfig(params_map=dense),
            sparse_vectors_config=q.SparseVectorConfig(map={"words": q.SparseVectorParams()}),
            metadata={"dim": q.Value(integer_value=2)},
        )
        self.collections.Create(request)

    def upsert(self, name: str, *points: q.PointStruct) -> q.PointsOperationResponse:
        return self.points.Upsert(q.UpsertPoints(collection_name=name, wait=True, points=points))

    def alias(self, *actions: q.AliasOperations) -> None:
        self.collections.UpdateAliases(q.ChangeAliases(actions=actions))

    def count(self, name: str, *must: q.Condition) -> int:
        request = q.CountPoints(collection_name=name, filter=q.Filter(must=must))
        return self.points.Count(request).result.count


def point(number: int, dense: list[float], **payload: Any) -> q.PointStruct:
    named = {
        "dense": q.Vector(dense=q.DenseVector(data=dense)),
        "words": q.Vector(sparse=q.SparseVector(indices=[7, number + 10], values=[1.0, 2.0])),
    }
    return q.PointStruct(
        id=q.PointId(num=number), vectors=q.Vectors(vectors=q.NamedVectors(vectors=named)), payload=payload
    )


def matches(key: str, **value: Any) -> q.Condition:
    return q.Condition(field=q.FieldCondition(key=key, match=q.Match(**value)))


def create_alias(alias: str, name: str) -> q.AliasOperations:
    return q.AliasOperations(create_alias=q.CreateAlias(alias_name=alias, collection_name=name))


class ServerTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.storage = folder.name
        self.server = self.start()
        self.server.create("a")

    def start(self, *options: str) -> Server:
        server = Server(self.storage, *options)
        self.addCleanup(lambda: server.process.poll() is None and server.stop(signal.SIGKILL))
        return server

    def refused(self, code: grpc.StatusCode, method: Any, *request: Any) -> None:
        with self.assertRaises(grpc.RpcError) as raised:
            method(*request)
        self.assertEqual(code, raised.exception.code())

    def fill(self) -> None:
        yes, no = q.Value(bool_value=True), q.Value(bool_value=False)
        points = [point(1, [1, 0], ok=yes), point(2, [1, 1], ok=no), point(3, [0, 2], ok=yes)]
        self.assertEqual(q.UpdateStatus.Completed, self.server.upsert("a", *points).result.status)

    def test_both_legs_with_a_filter(self) -> None:
        self.fill()
        dense = q.Query(nearest=q.VectorInput(dense=q.DenseVector(data=[1, 0])))
        words = q.Query(nearest=q.VectorInput(sparse=q.SparseVector(indices=[13, 7], values=[1.0, 0.5])))
        only = q.Filter(must=[matches("ok", boolean=True)])
        legs = [
            q.QueryPoints(collection_name="a", query=dense, using="dense"),
            q.QueryPoints(collection_name="a", query=words, using="words", filter=only),
        ]
        answer = self.server.points.QueryBatch(q.QueryBatchPoints(collection_name="a", query_points=legs))
        found = [[(hit.id.num, round(hit.score, 4)) for hit in leg.result] for leg in answer.result]
        self.assertEqual([[(1, 1.0), (2, 0.7071), (3, 0.0)], [(3, 2.5), (1, 0.5)]], found)

    def test_payload_is_off_in_get_and_on_in_scroll(self) -> None:
        self.fill()
        got = self.server.points.Get(q.GetPoints(collection_name="a", ids=[q.PointId(num=2), q.PointId(num=9)])).result
        self.assertEqual([(2, 0)], [(p.id.num, len(p.payload)) for p in got])
        page = self.server.points.Scroll(q.ScrollPoints(collection_name="a", limit=2))
        self.assertEqual([1, 2], [p.id.num for p in page.result])
        self.assertEqual(3, page.next_page_offset.num)
        self.assertIs(False, page.result[1].payload["ok"].bool_value)

    def test_deletes_by_id_and_by_filter(self) -> None:
        self.fill()
        ids = q.PointsSelector(points=q.PointsIdsList(ids=[q.PointId(num=1)]))
        self.server.points.Delete(q.DeletePoints(collection_name="a", wait=True, points=ids))
        self.assertEqual(2, self.server.count("a"))
        chosen = q.PointsSelector(filter=q.Filter(must=[matches("ok", boolean=False)]))
        self.server.points.Delete(q.DeletePoints(collection_name="a", wait=True, points=chosen))
        self.assertEqual(1, self.server.count("a"))

    def test_a_bad_point_refuses_the_whole_batch(self) -> None:
        uneven = q.Vectors(
            vectors=q.NamedVectors(vectors={"words": q.Vector(sparse=q.SparseVector(indices=[1, 2], values=[1.0]))})
        )
        good = point(1, [1, 0])
        for bad in (
            point(2, [1, 2, 3]),
            q.PointStruct(id=q.PointId(num=2), vectors=uneven),
            q.PointStruct(id=q.PointId(uuid="hello"), vectors=good.vectors),
            q.PointStruct(id=q.PointId(uuid=ONE_UUID)),
        ):
            self.refused(grpc.StatusCode.INVALID_ARGUMENT, self.server.upsert, "a", good, bad)
        self.refused(grpc.StatusCode.INVALID_ARGUMENT, self.server.upsert, "a")
        self.assertEqual(0, self.server.count("a"))

    def test_codes(self) -> None:
        self.refused(grpc.StatusCode.NOT_FOUND, self.server.count, "nope")
        self.refused(grpc.StatusCode.ALREADY_EXISTS, self.server.create, "a")
        self.refused(grpc.StatusCode.INVALID_ARGUMENT, self.server.create, "a/b")
        self.refused(grpc.StatusCode.UNIMPLEMENTED, self.server.points.Facet, q.FacetCounts(collection_name="a"))

    def test_alias_actions_are_all_or_nothing(self) -> None:
        self.server.create("b")
        self.server.upsert("b", point(1, [1, 0]))
        self.server.alias(create_alias("live", "a"))
        both = (create_alias("live", "b"), create_alias("other", "nope"))
        self.refused(grpc.StatusCode.NOT_FOUND, self.server.alias, *both)
        self.assertEqual(0, self.server.count("live"))
        self.server.alias(create_alias("live", "b"))
        self.assertEqual(1, self.server.count("live"))

    def test_a_killed_server_comes_back_whole(self) -> None:
        self.fill()
        self.server.alias(create_alias("live", "a"))
        self.server.points.CreateFieldIndex(
            q.CreateFieldIndexCollection(
                collection_name="a", field_name="ok", field_type=q.FieldType.FieldTypeBool, wait=True
            )
        )
        self.server.stop(signal.SIGKILL)
        again = self.start()
        self.assertEqual(2, again.count("live", matches("ok", boolean=True)))
        info = again.collections.Get(q.GetCollectionInfoRequest(collection_name="live")).result
        self.assertEqual(3, info.points_count)
        self.assertEqual(2, info.config.metadata["dim"].integer_value)
        self.assertEqual(q.PayloadSchemaType.Bool, info.payload_schema["ok"].data_type)
        self.assertEqual(0, again.stop())

    def test_key(self) -> None:
        self.assertEqual(0, self.server.stop())
        locked = self.start("--api-key", "secret")
        locked.health.HealthCheck(q.HealthCheckRequest())
        request = q.ListCollectionsRequest()
        self.refused(grpc.StatusCode.UNAUTHENTICATED, locked.collections.List, request)
        listed = locked.collections.List(request, metadata=[("api-key", "secret")])
        self.assertEqual(["a"], [c.name for c in listed.collections])


if __name__ == "__main__":
    unittest.main()
