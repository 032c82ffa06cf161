"""A real HTTP server on loopback that answers as a test says: the worst that a model's service may do."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[dict[str, Any]], "tuple[int, dict[str, str], bytes] | Iterator[bytes]"]


class ModelServer:
    """`reply` gets each request's body; `seen` are the bodies so far, `headers` theirs."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.seen: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.url = ""


@contextmanager
def serving(reply: Reply) -> Iterator[ModelServer]:
    """The server while the block runs, on a free port."""
    server = ModelServer(reply)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.seen.append(body)
            server.headers.append({key.lower(): value for key, value in self.headers.items()})
            server.paths.append(self.path)
            answer = server.reply(body)
            try:
                if isinstance(answer, tuple):
                    status, headers, content = answer
                    self.send_response(status)
                    for key, value in headers.items():
                        self.send_header(key, value)
                    self.end_headers()
                    self.wfile.write(content)
                else:
                    self.send_response(200)
                    self.end_headers()
                    for piece in answer:
                        self.wfile.write(piece)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Nothing: the tests look at `seen`."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_port}/v1"
    thread = threading.Thread(target=lambda: http.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def said(
    value: Any, *, tokens: tuple[int, int] = (100, 10), finish: str = "stop"
) -> tuple[int, dict[str, str], bytes]:
    """An answer of the OpenAI API; text is said as it is."""
    text = value if isinstance(value, str) else json.dumps(value)
    body = {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]},
    }
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


def refused(status: int, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """An answer that is none."""
    return status, {key.replace("_", "-"): value for key, value in headers.items()}, b"{}"


def dripping(seconds: float) -> Iterator[bytes]:
    """White space that does not end before so many seconds, as a server that keeps the line busy sends it."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        yield b" "
        time.sleep(0.02)


def flooding(pieces: int) -> Iterator[bytes]:
    """So many times 64 KB of white space."""
    yield from (b" " * 65_536 for _ in range(pieces))
