"""A Qdrant to test against: Qdrant's own engine behind Qdrant's own gRPC protocol.

    python serve.py [--port PORT] --storage FOLDER [--optimize] [--api-key KEY]

Listens on 127.0.0.1 and prints one line of JSON, {"address": "127.0.0.1:6334", ...},
once it is up. SIGTERM or Ctrl-C ends it.
"""

import argparse
import json
import pathlib
import signal
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from importlib import metadata
from typing import Any

import grpc
from qdrant_client.grpc import (
    collections_service_pb2_grpc,
    points_service_pb2_grpc,
    qdrant_pb2_grpc,
    snapshots_service_pb2_grpc,
)

import refusals
from services import Collections, Health, Points
from store import Store

WORKERS = 32  # requests under way at once; more of them wait
GRACE = 5.0  # seconds for requests under way when the server is told to stop
OPTIONS = [
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # The Go client pings every 10 s, also when idle: without these it is sent away.
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 1000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 1000),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.so_reuseport", 0),
]


class Gate(grpc.ServerInterceptor):
    """Asks for the key, if there is one, and turns what a method raises into a gRPC status."""

    def __init__(self, key: str | None) -> None:
        self._key = key

    def intercept_service(self, continuation: Callable[..., Any], details: grpc.HandlerCallDetails) -> Any:
        handler = continuation(details)
        if handler is None:
            return None
        allowed = self._allowed(details)

        def call(request: Any, context: grpc.ServicerContext) -> Any:
            if not allowed:
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "Must provide an API key or an Authorization bearer token")
            try:
                return handler.unary_unary(request, context)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # a panic of the engine is no Exception
                refused = refusals.of_engine(error)
            context.abort(refused.code, str(refused))

        return grpc.unary_unary_rpc_method_handler(
            call,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )

    def _allowed(self, details: grpc.HandlerCallDetails) -> bool:
        if self._key is None or details.method == "/qdrant.Qdrant/HealthCheck":
            return True
        sent = dict(details.invocation_metadata)
        return sent.get("api-key") == self._key or sent.get("authorization") == f"Bearer {self._key}"


def server_of(store: Store, key: str | None) -> grpc.Server:
    server = grpc.server(futures.ThreadPoolExecutor(WORKERS), interceptors=[Gate(key)], options=OPTIONS)
    qdrant_pb2_grpc.add_QdrantServicer_to_server(Health(), server)
    collections_service_pb2_grpc.add_CollectionsServicer_to_server(Collections(store), server)
    points_service_pb2_grpc.add_PointsServicer_to_server(Points(store), server)
    # Answers Unimplemented to everything.
    snapshots_service_pb2_grpc.add_SnapshotsServicer_to_server(snapshots_service_pb2_grpc.SnapshotsServicer(), server)
    return server


def main() -> None:
    args = argparse.ArgumentParser(description="Qdrant's engine as a gRPC server for tests")
    args.add_argument("--port", type=int, default=6334, help="0: any free one")
    args.add_argument("--storage", type=pathlib.Path, required=True, help="folder, made if missing")
    args.add_argument("--optimize", action="store_true", help="build indexes of what is stored before listening")
    args.add_argument("--api-key", help="calls without it are Unauthenticated")
    opt = args.parse_args()

    stop = threading.Event()
    for s in (signal.SIGINT, signal.SIGTERM):
        signal.signal(s, lambda *_: stop.set())

    try:
        store = Store(opt.storage)
    except BlockingIOError:
        sys.exit(f"{opt.storage} is in use by another server: stop that one or name another folder")
    if opt.optimize:
        store.optimize()
    server = server_of(store, opt.api_key)
    try:
        port = server.add_insecure_port(f"127.0.0.1:{opt.port}")
    except RuntimeError:
        sys.exit(f"port {opt.port} is taken: name another one, or 0 for any")
    server.start()
    ready = {"address": f"127.0.0.1:{port}", "port": port, "engine": metadata.version("qdrant-edge-py")}
    print(json.dumps(ready), flush=True)

    stop.wait()
    server.stop(GRACE).wait()
    store.close()


if __name__ == "__main__":
    main()
