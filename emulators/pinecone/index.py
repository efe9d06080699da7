"""An index of Pinecone in memory, with exact cosine search, and an embedder of words."""

import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from emulators.pinecone.filter import ApiError, check_metadata, predicate
from emulators.pinecone.wire import (
    EmbedRequest,
    FetchRequest,
    QueryRequest,
    StatsRequest,
    UpdateRequest,
    UpsertRequest,
    VectorRecord,
)

MAX_ID = 512
MAX_UPSERT = 1000
MAX_FETCH = 1000
MAX_TOP_K = 10_000
MAX_INPUTS = 96
MAX_TOKENS = 512
"""Most tokens of one input; a longer one is truncated or refused."""
DEFAULT = "__default__"
"""Namespace of calls that name none."""


class PineconeIndex:
    """Vectors by namespace and id. Each call returns its response or raises `ApiError`."""

    def __init__(self, dimension: int, models: Mapping[str, int]) -> None:
        self.dimension = dimension
        self.models = models
        self.namespaces: dict[str, dict[str, VectorRecord]] = {}
        self._matrices: dict[str, np.ndarray] = {}

    def clear(self) -> None:
        """Deletes all vectors of all namespaces."""
        self.namespaces.clear()
        self._matrices.clear()

    def upsert(self, call: UpsertRequest) -> dict[str, Any]:
        """Stores vectors, replacing those with the same ids."""
        if not 0 < len(call.vectors) <= MAX_UPSERT:
            raise ApiError(f"An upsert takes 1 to {MAX_UPSERT} vectors, got {len(call.vectors)}")
        for record in call.vectors:
            _check_id(record.id)
            self._check_values(record.values)
            check_metadata(record.metadata or {})
            record.values = np.array(record.values, np.float32).tolist()  # Pinecone stores float32
        self._changed(call.namespace).update({record.id: record for record in call.vectors})
        return {"upsertedCount": len(call.vectors)}

    def fetch(self, call: FetchRequest) -> dict[str, Any]:
        """Returns the stored vectors among these ids."""
        if not 0 < len(call.ids) <= MAX_FETCH:
            raise ApiError(f"A fetch takes 1 to {MAX_FETCH} ids, got {len(call.ids)}")
        for name in call.ids:
            _check_id(name)
        stored = self._stored(call.namespace)
        found = {name: stored[name] for name in call.ids if name in stored}
        units = max(1, -(-len(found) // 10))
        return {"vectors": found, "namespace": call.namespace, "usage": {"readUnits": units}}

    def query(self, call: QueryRequest) -> dict[str, Any]:
        """Returns the nearest vectors by cosine that pass the filter; ties go by id."""
        if not 0 < call.top_k <= MAX_TOP_K:
            raise ApiError(f"topK must be between 1 and {MAX_TOP_K}, got {call.top_k}")
        if (call.vector is None) == (call.id is None):
            raise ApiError("Expected either 'ID' or 'vector'")
        vector = call.vector
        if vector is not None:
            self._check_values(vector)
        stored = self._stored(call.namespace)
        if call.id in stored:
            vector = stored[call.id].values
        admits = _admits(call.filter)
        found: list[tuple[float, str, VectorRecord]] = []
        if vector is not None and stored:
            query = np.asarray(vector, np.float64)
            scores = self._unit_rows(call.namespace) @ (query / np.linalg.norm(query))
            found = [
                (-float(score), record.id, record)
                for score, record in zip(scores, stored.values(), strict=True)
                if admits(record)
            ]
        matched = []
        for score, name, record in sorted(found, key=lambda one: one[:2])[: call.top_k]:
            match: dict[str, Any] = {"id": name, "score": -score}
            if call.include_values:
                match["values"] = record.values
            if call.include_metadata and record.metadata:
                match["metadata"] = record.metadata
            matched.append(match)
        return {"matches": matched, "namespace": call.namespace, "usage": {"readUnits": 1}}

    def update(self, call: UpdateRequest) -> dict[str, Any]:
        """Changes the values or sets metadata of one vector; does nothing for an unknown id."""
        _check_id(call.id)
        if call.values is not None:
            self._check_values(call.values)
        check_metadata(call.set_metadata or {})
        if (record := self._stored(call.namespace).get(call.id)) is not None:
            metadata = {**(record.metadata or {}), **(call.set_metadata or {})}
            changed = VectorRecord(call.id, call.values or record.values, metadata or None)
            self._changed(call.namespace)[call.id] = changed
        return {}

    def stats(self, _: StatsRequest) -> dict[str, Any]:
        """Returns the number of vectors by namespace and in all."""
        counts = {name: len(records) for name, records in self.namespaces.items() if records}
        return {
            "namespaces": {name: {"vectorCount": count} for name, count in counts.items()},
            "dimension": self.dimension,
            "totalVectorCount": sum(counts.values()),
            "indexFullness": 0.0,
            "metric": "cosine",
            "vectorType": "dense",
        }

    def embed(self, call: EmbedRequest) -> dict[str, Any]:
        """Returns unit vectors that depend on words only: texts that share words are similar."""
        if call.model not in self.models:
            raise ApiError(f"Model '{call.model}' not found.", 404)
        if not 0 < len(call.inputs) <= MAX_INPUTS:
            raise ApiError(f"Input length must be 1 to {MAX_INPUTS}, got {len(call.inputs)}")
        data, tokens = [], 0
        for given in call.inputs:
            words = given.text.lower().split()
            if not words:
                raise ApiError("Input text must not be empty")
            if len(words) > MAX_TOKENS and call.parameters.truncate == "NONE":
                raise ApiError(f"Input exceeds the limit of {MAX_TOKENS} tokens")
            tokens += len(words[:MAX_TOKENS])
            dimension = self.models[call.model]
            total = np.sum([_direction(one, dimension) for one in words[:MAX_TOKENS]], axis=0)
            values = (total / np.linalg.norm(total)).astype(np.float32).tolist()
            data.append({"values": values, "vector_type": "dense"})
        usage = {"total_tokens": tokens}
        return {"model": call.model, "vector_type": "dense", "data": data, "usage": usage}

    def _stored(self, namespace: str) -> dict[str, VectorRecord]:
        return self.namespaces.get(namespace or DEFAULT, {})

    def _changed(self, namespace: str) -> dict[str, VectorRecord]:
        """The vectors of a namespace, to be changed: cached matrices are dropped."""
        self._matrices.pop(namespace or DEFAULT, None)
        return self.namespaces.setdefault(namespace or DEFAULT, {})

    def _unit_rows(self, namespace: str) -> np.ndarray:
        name = namespace or DEFAULT
        if name not in self._matrices:
            rows = np.array([record.values for record in self.namespaces[name].values()])
            self._matrices[name] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return self._matrices[name]

    def _check_values(self, values: list[float]) -> None:
        if len(values) != self.dimension:
            raise ApiError(f"Vector dimension {len(values)} is not {self.dimension}, the index's")
        if not any(values):
            raise ApiError("Dense vectors must contain at least one non-zero value")


def _admits(condition: dict[str, Any] | None) -> Callable[[VectorRecord], bool]:
    """A function that tells whether a vector passes the filter; None admits all."""
    if condition is None:
        return lambda _: True
    passes = predicate(condition)
    return lambda record: passes(record.metadata or {})


def _check_id(name: str) -> None:
    if not name or len(name) > MAX_ID or not name.isascii() or "\0" in name:
        raise ApiError(f"A vector id must be ASCII, of 1 to {MAX_ID} characters, got {name[:60]!r}")


@lru_cache(100_000)
def _direction(word: str, dimension: int) -> np.ndarray:
    return np.random.default_rng(zlib.crc32(word.encode())).normal(size=dimension)
