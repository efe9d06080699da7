"""Emulates Cloud Storage: gcp-storage-emulator, made strict, with faults on request.

That emulator ignores preconditions, never pages a listing, never responds with 416, and a 404 does
not name the object. Here each request is checked and carried out under one lock, so that exactly
one of many concurrent writers succeeds; a precondition that cannot be checked is refused. Responses
are sent outside the lock, so that a slow reader blocks no other.

`python -m emulators.storage.server PORT [BUCKET ...]` serves other processes.
"""

import io
import json
import re
import sys
import threading
import time
from functools import partial
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from gcp_storage_emulator.exceptions import NotFound
from gcp_storage_emulator.handlers import buckets
from gcp_storage_emulator.server import Request, RequestHandler, Router
from gcp_storage_emulator.storage import Storage

from emulators.storage.faults import ReceivedRequest, StorageFault

_OBJECT = re.compile(r"(?:/download)?(?:/storage/v1)?/b/([^/]+)/o/([^/]+)")
_LISTING = re.compile(r"(?:/storage/v1)?/b/([^/]+)/o")
_REWRITE = re.compile(r"/(?:storage/v1/)?b/([^/]+)/o/([^/]+)/rewriteTo/b/([^/]+)/o/([^/]+)")
_UPLOAD = re.compile(r"/upload/storage/v1/b/([^/]+)/o")
_CHECKED = {
    "ifGenerationMatch",
    "ifGenerationNotMatch",
    "ifMetagenerationMatch",
    "ifMetagenerationNotMatch",
}


class StorageEmulator:
    """The server, in its own threads."""

    name = "the Cloud Storage emulator"

    def __init__(self, port: int = 0) -> None:
        self.storage = Storage(use_memory_fs=True, data_dir="/")
        self.lock = threading.Lock()
        self.seen: list[ReceivedRequest] = []
        self.faults: list[StorageFault] = []
        self.uploads: dict[str, tuple[str, str, dict[str, int]]] = {}
        self.page_size = 1000
        self.rewrite_bytes = 1 << 20  # what is larger takes a second call, with a token
        self.stopping = threading.Event()
        self._server = _Server(("127.0.0.1", port), partial(_Handler, self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> "StorageEmulator":
        """Starts the server; give its `url` to clients as `STORAGE_EMULATOR_HOST`."""
        self._thread.start()
        return self

    @property
    def alive(self) -> bool:
        """Whether the server is running."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stops the server and all responses that are still being sent."""
        self.stopping.set()
        if self.alive:
            self._server.shutdown()
        self._server.server_close()

    def make_bucket(self, name: str) -> str:
        """Creates an empty bucket and returns its name."""
        with self.lock:
            buckets.create_bucket(name, self.storage)
        return name

    def raw(self, bucket: str, name: str) -> bytes:
        """Returns the stored bytes of an object, without HTTP. Raises `KeyError`."""
        with self.lock:
            self.storage.objects[bucket][name]
            return bytes(self.storage.get_file(bucket, name))

    def about(self, bucket: str, name: str) -> dict[str, Any]:
        """Returns the metadata of an object."""
        return dict(self.storage.objects[bucket][name])

    def fail_next(self, kind: Any, times: int = 1, **how: Any) -> StorageFault:
        """Injects a fault into the next `times` requests; the arguments are `StorageFault`'s."""
        fault = StorageFault(kind, times, **how)
        with self.lock:
            self.faults.append(fault)
        return fault

    def clear_faults(self) -> None:
        """Removes all faults, and forgets the requests received so far."""
        with self.lock:
            self.faults.clear()
            self.seen.clear()

    def take_fault(self, seen: ReceivedRequest) -> StorageFault | None:
        """Returns the fault of this request, if any, and uses it up. Call it under the lock."""
        for fault in self.faults:
            if fault.times and fault.applies_to(seen):
                fault.times -= 1
                return fault
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, *_: Any) -> None:
        """Ignores errors of connections, which many tests break on purpose."""


class _RequestError(Exception):
    """An error response in place of carrying a request out."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        error = {"code": status, "message": message, "errors": [{"message": message}]}
        self.document = {"error": error}


class _Handler(RequestHandler):  # type: ignore[misc]  # the emulator has no types
    """Checks what the base emulator does not, lets it respond, and applies the fault."""

    protocol_version = "HTTP/1.1"
    rfile: Any
    wfile: Any

    def __init__(self, strict: StorageEmulator, *args: Any) -> None:
        self.strict = strict
        super().__init__(strict.storage, *args)

    def serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        network = self.rfile, self.wfile
        self.wfile = answer = io.BytesIO()
        with self.strict.lock:
            seen = ReceivedRequest(self.command, unquote(url.path), query)
            self.strict.seen.append(seen)
            fault = self.strict.take_fault(seen)
            try:
                if fault is None or fault.after or fault.kind not in ("status", "drop"):
                    self._carry_out(seen, url.path, body)
                if fault and fault.kind == "status":
                    answer.seek(0)
                    answer.truncate()
                    raise _RequestError(fault.status, "injected fault")
            except _RequestError as refused:
                self._answer(refused.status, refused.document)
            finally:
                self.rfile, self.wfile = network
        if fault and fault.kind != "status":
            self.close_connection = True
        for part in fault.corrupt(answer.getvalue()) if fault else [answer.getvalue()]:
            self.wfile.write(part)
            if fault and self.strict.stopping.is_set():
                return

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815  # the base class asks

    def _carry_out(self, seen: ReceivedRequest, path: str, body: bytes) -> None:
        """Checks the request and lets the base emulator carry it out. Raises `_RequestError`."""
        upload_id = seen.query.get("upload_id", "")
        if upload_id:
            bucket, name, wanted = self.strict.uploads.get(upload_id, ("", "", {}))
        else:
            bucket, name = self._target(path, body)
            wanted = {k: int(v) for k, v in seen.query.items() if k.startswith("if")}
        if (rewrite := _REWRITE.fullmatch(path)) and not self._is_ready(
            rewrite, seen.query, wanted
        ):
            return
        about = self._about(bucket, name)
        if upload_id and upload_id not in self.storage.resumable:
            self._answer(200, about)  # the upload was finished before: the same response again
            return
        self._check(seen, bucket, name, about, wanted)
        if seen.method == "GET" and name and (path.startswith("/download") or "alt" in seen.query):
            self._download(bucket, name, about)
        elif seen.method == "GET" and (listing := _LISTING.fullmatch(path)):
            self._list(unquote(listing[1]), seen.query)
        else:
            self.rfile = io.BytesIO(body)
            Router(self).handle(seen.method)
        if seen.query.get("uploadType") == "resumable" and not upload_id:
            for started in self.storage.resumable:
                self.strict.uploads.setdefault(started, (bucket, name, wanted))

    def _is_ready(
        self, rewrite: re.Match[str], query: dict[str, str], wanted: dict[str, int]
    ) -> bool:
        """Checks the source of a copy; answers a token, and false, for a large one at first."""
        bucket, name = unquote(rewrite[1]), unquote(rewrite[2])
        about = self._about(bucket, name)
        generation = about.get("generation", "")
        if not about or query.get("sourceGeneration", generation) != generation:
            raise _RequestError(404, f"No such object: {bucket}/{name}")
        if wanted.pop("ifSourceGenerationMatch", int(generation)) != int(generation):
            raise _RequestError(412, "ifSourceGenerationMatch did not hold")
        size, token = int(about["size"]), f"{generation}-{rewrite[4]}"
        if size > self.strict.rewrite_bytes and "rewriteToken" not in query:
            done = str(self.strict.rewrite_bytes)
            progress = {"kind": "storage#rewriteResponse", "done": False, "rewriteToken": token}
            self._answer(200, {**progress, "totalBytesRewritten": done, "objectSize": str(size)})
            return False
        if query.get("rewriteToken", token) != token:
            raise _RequestError(400, "Invalid rewrite token")
        return True

    def _check(
        self,
        seen: ReceivedRequest,
        bucket: str,
        name: str,
        about: dict[str, Any],
        wanted: dict[str, int],
    ) -> None:
        if set(wanted) - _CHECKED or (wanted and not name):
            raise _RequestError(501, f"cannot check {sorted(wanted)} here")
        if bucket and self.storage.get_bucket(bucket) is None:
            raise _RequestError(404, "The specified bucket does not exist.")
        generation = seen.query.get("generation", about.get("generation"))
        missing = not about or generation != about["generation"]
        if name and missing and seen.method in ("GET", "DELETE", "PATCH"):
            raise _RequestError(404, f"No such object: {bucket}/{name}")
        for key, value in wanted.items():
            there = int(about.get("metageneration" if "Meta" in key else "generation", 0))
            if (there == value) == key.endswith("NotMatch"):
                unchanged = seen.method == "GET" and key.endswith("NotMatch")
                raise _RequestError(304 if unchanged else 412, f"{key}={value} did not hold")

    def _target(self, path: str, body: bytes) -> tuple[str, str]:
        """The bucket and the object that a request names; empty strings if it names none."""
        if found := _OBJECT.fullmatch(path):
            return unquote(found[1]), unquote(found[2])
        if found := _REWRITE.fullmatch(path):
            return unquote(found[3]), unquote(found[4])
        if found := _UPLOAD.fullmatch(path):
            self.rfile = io.BytesIO(body)
            request = Request(self, "POST")
            sent = request.data or {}
            name = sent.get("meta", sent).get("name", "") if isinstance(sent, dict) else ""
            return unquote(found[1]), request.query.get("name", [name])[0]
        if found := _LISTING.fullmatch(path):
            return unquote(found[1]), ""
        return "", ""

    def _about(self, bucket: str, name: str) -> dict[str, Any]:
        try:
            return dict(self.storage.get_file_obj(bucket, name))
        except NotFound:
            return {}

    def _download(self, bucket: str, name: str, about: dict[str, Any]) -> None:
        data = self.storage.get_file(bucket, name)
        headers = {
            "Content-Type": about.get("contentType") or "application/octet-stream",
            "X-Goog-Generation": about["generation"],
            "X-Goog-Metageneration": about["metageneration"],
            "X-Goog-Stored-Content-Length": str(len(data)),
            "X-Goog-Hash": f"crc32c={about['crc32c']},md5={about['md5Hash']}",
            "Cache-Control": about.get("cacheControl") or "private, max-age=0",
        }
        if not (wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))):
            self._write(200, data, headers)
            return
        first, last = int(wanted[1]), min(int(wanted[2] or len(data)), len(data) - 1)
        if first > last:
            raise _RequestError(416, "The requested range cannot be satisfied.")
        headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        self._write(206, data[first : last + 1], headers)

    def _list(self, bucket: str, query: dict[str, str]) -> None:
        items, prefixes = self.storage.get_file_list(
            bucket, query.get("prefix"), query.get("delimiter")
        )
        start, end = query.get("startOffset", ""), query.get("endOffset", chr(0x10FFFF))
        items = [one for one in items if start <= one["name"] < end]
        offset = int(query.get("pageToken", "0"))
        until = offset + min(int(query.get("maxResults", "1000")), self.strict.page_size)
        page: dict[str, Any] = {"kind": "storage#objects", "items": items[offset:until]}
        if prefixes and not offset:
            page["prefixes"] = list(prefixes)
        if until < len(items):
            page["nextPageToken"] = str(until)
        self._answer(200, page)

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = b"" if status == HTTPStatus.NOT_MODIFIED else json.dumps(document).encode()
        self._write(status, body, {"Content-Type": "application/json"})

    def _write(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    server = StorageEmulator(int(sys.argv[1])).start()
    for bucket_name in sys.argv[2:]:
        server.make_bucket(bucket_name)
    print(f"STORAGE_EMULATOR_HOST={server.url}", flush=True)  # noqa: T201  # a command prints
    while True:
        time.sleep(3600)
