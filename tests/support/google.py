"""A stand-in for the server of Google's keys, and a clock."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.tokens import CERTIFICATES


class Google:
    """Serves certificates, counts requests, and can be made to fail."""

    def __init__(self) -> None:
        self.serve("monday")
        self.status, self.headers, self.fetches = 200, {"Cache-Control": "max-age=3600"}, 0
        self.answering = threading.Event()
        self.answering.set()
        self.pause_s = 0.0
        google = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                google.fetches += 1
                google.answering.wait(10)
                self.send_response(google.status)
                for name, value in google.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                step = 100 if google.pause_s else len(google.body)
                for start in range(0, len(google.body), step):
                    self.wfile.write(google.body[start : start + step])
                    time.sleep(google.pause_s)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def serve(self, *kids: str) -> None:
        self.body = json.dumps({kid: CERTIFICATES[kid] for kid in kids}).encode()
