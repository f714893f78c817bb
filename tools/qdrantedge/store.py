"""The collections of a storage folder: engine shards, aliases, and a register of both.

The register is one JSON file, replaced whole, so that a killed server finds either
what was before a change or what was after it. A shard's folder is made before it is
registered and removed after it is struck off; what is in no register goes at start.
"""

import fcntl
import json
import os
import pathlib
import shutil
import threading
import uuid
from collections.abc import Iterable
from typing import Any

import grpc
import qdrant_edge as edge
from google.protobuf.json_format import MessageToDict, ParseDict
from qdrant_client import grpc as q

import schema
from refusals import Refused, invalid, missing, unserved

FORBIDDEN = set('<>:"/\\|?*\0\x1f')


def check_name(name: str) -> None:
    if not 1 <= len(name) <= 255 or name in (".", "..") or FORBIDDEN & set(name):
        raise invalid(f"Validation error: {name!r} is no name: 1 to 255 characters, none of < > : \" / \\ | ? *")


class Collection:
    """One shard of the engine and the request that made it."""

    def __init__(self, folder: str, request: q.CreateCollection, shard: edge.EdgeShard) -> None:
        self.folder = folder
        self.request = request
        self.shard = shard
        self.dense = schema.dense_params(request)
        self.sparse = dict(request.sparse_vectors_config.map)
        self._operations = 0
        self._writing = threading.Lock()

    def write(self, operations: Iterable[edge.UpdateOperation], wait: bool) -> q.UpdateResult:
        """Applies the operations in order. With wait they are on disk when this returns."""
        with self._writing:
            for operation in operations:
                self.shard.update(operation)
            if wait:
                self.shard.flush()
            self._operations += 1
            status = q.UpdateStatus.Completed if wait else q.UpdateStatus.Acknowledged
            return q.UpdateResult(operation_id=self._operations, status=status)

    def optimize(self) -> None:
        """Builds what is due: HNSW, quantization, vacuum. The interpreter stands still meanwhile."""
        with self._writing:
            self.shard.optimize()
            self.shard.flush()


class Store:
    """Safe for use by several threads. One process at a time has a folder."""

    def __init__(self, root: pathlib.Path) -> None:
        self._root = root
        self._shards = root / "shards"
        self._shards.mkdir(parents=True, exist_ok=True)
        self._lock = (root / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._changing = threading.RLock()
        self._collections: dict[str, Collection] = {}
        self._aliases: dict[str, str] = {}
        self._load()

    def get(self, name: str) -> Collection:
        """The collection with that name or alias."""
        with self._changing:
            found = self._collections.get(self._aliases.get(name, name))
        if found is None:
            raise missing(name)
        return found

    def names(self) -> list[str]:
        with self._changing:
            return sorted(self._collections)

    def has(self, name: str) -> bool:
        with self._changing:
            return self._aliases.get(name, name) in self._collections

    def aliases(self) -> dict[str, str]:
        with self._changing:
            return dict(self._aliases)

    def create(self, request: q.CreateCollection) -> None:
        name = request.collection_name
        check_name(name)
        config = schema.engine_config(request)
        with self._changing:
            if name in self._collections:
                raise Refused(grpc.StatusCode.ALREADY_EXISTS, f"Wrong input: Collection `{name}` already exists!")
            if name in self._aliases:
                raise invalid(f"Wrong input: an alias is called `{name}` already")
            folder = uuid.uuid4().hex
            shard = edge.EdgeShard.create(str(self._shards / folder), config)
            shard.flush()
            made = Collection(folder, request, shard)
            self._commit({**self._collections, name: made}, self._aliases)

    def drop(self, name: str) -> bool:
        """Removes the collection and its aliases; false where there is none. An alias is no name here."""
        with self._changing:
            gone = self._collections.get(name)
            if gone is None:
                return False
            collections = {other: kept for other, kept in self._collections.items() if other != name}
            self._commit(collections, {a: target for a, target in self._aliases.items() if target != name})
        gone.shard.close()
        shutil.rmtree(self._shards / gone.folder)
        return True

    def set_metadata(self, request: q.UpdateCollection) -> None:
        """Merges the metadata; every other change of a collection is refused."""
        with self._changing:
            collection = self.get(request.collection_name)
            for field, _ in request.ListFields():
                if field.name not in ("collection_name", "timeout", "metadata"):
                    raise unserved(f"a change of {field.name}")
            for key, value in request.metadata.items():
                collection.request.metadata[key].CopyFrom(value)
            self._commit(self._collections, self._aliases)

    def change_aliases(self, actions: Iterable[q.AliasOperations]) -> None:
        """All of the actions or none of them."""
        with self._changing:
            changed = dict(self._aliases)
            for action in actions:
                self._apply(action, changed)
            self._commit(self._collections, changed)

    def optimize(self) -> None:
        for collection in self._collections.values():
            collection.optimize()

    def close(self) -> None:
        with self._changing:
            for collection in self._collections.values():
                collection.shard.flush()
                collection.shard.close()
            self._collections = {}
            self._lock.close()

    def _apply(self, action: q.AliasOperations, aliases: dict[str, str]) -> None:
        kind = action.WhichOneof("action")
        if kind == "create_alias":
            self._name_alias(aliases, action.create_alias.alias_name, action.create_alias.collection_name)
        elif kind == "delete_alias":
            aliases.pop(action.delete_alias.alias_name, None)
        elif kind == "rename_alias":
            old = action.rename_alias.old_alias_name
            if old not in aliases:
                raise Refused(grpc.StatusCode.NOT_FOUND, f"Not found: Alias {old} does not exists!")
            self._name_alias(aliases, action.rename_alias.new_alias_name, aliases.pop(old))
        else:
            raise invalid("Malformed request: alias action is empty")

    def _name_alias(self, aliases: dict[str, str], alias: str, collection: str) -> None:
        check_name(alias)
        if collection not in self._collections:
            raise missing(collection)
        if alias in self._collections:
            text = f"Wrong input: Collection `{alias}` already exists!"
            raise Refused(grpc.StatusCode.ALREADY_EXISTS, text)
        aliases[alias] = collection

    def _commit(self, collections: dict[str, Collection], aliases: dict[str, str]) -> None:
        register = {
            "collections": {
                name: {"folder": c.folder, "request": MessageToDict(c.request)} for name, c in collections.items()
            },
            "aliases": aliases,
        }
        replace(self._root / "register.json", json.dumps(register, indent=1))
        self._collections, self._aliases = collections, aliases

    def _load(self) -> None:
        file = self._root / "register.json"
        register: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {"collections": {}, "aliases": {}}
        for name, kept in register["collections"].items():
            request = ParseDict(kept["request"], q.CreateCollection())
            shard = edge.EdgeShard.load(str(self._shards / kept["folder"]))
            self._collections[name] = Collection(kept["folder"], request, shard)
        self._aliases = register["aliases"]
        known = {collection.folder for collection in self._collections.values()}
        for folder in self._shards.iterdir():
            if folder.name not in known:
                shutil.rmtree(folder)


def replace(file: pathlib.Path, text: str) -> None:
    """Writes the file so that a crash leaves it whole: as it was, or as it shall be."""
    fresh = file.with_suffix(".tmp")
    with fresh.open("w") as f:
        f.write(text)
        f.flush()
        os.fsync(f.fileno())
    fresh.rename(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
