"""A relay before the server that treats streams badly: cuts them after an event, or lets nothing of them through."""

import contextlib
import socket
import threading
from urllib.parse import urlsplit

EVENT_STREAM = b"text/event-stream"


class Relay:
    """Passes bytes on; the first `cut` streams end after so many events, and with `eat` no stream says anything."""

    def __init__(self, url, *, cut=(), eat=False):
        parts = urlsplit(url)
        self._server = (parts.hostname, parts.port)
        self._cut, self._eat = list(cut), eat
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open = []
        self.streams = []
        self.statuses = []

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        for each in [self._listener, *self._open]:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                server = socket.create_connection(self._server)
                self._open += [client, server]
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()

    def _pass_on(self, client, server):
        """One request after the other; none of these tests sends one before the answer of the last."""
        with contextlib.suppress(OSError):
            while request := client.recv(65536):
                server.sendall(request)
                if EVENT_STREAM in request:
                    self.streams.append(request)
                    self._stream(client, server)
                    return
                threading.Thread(target=self._answer, args=(client, server), daemon=True).start()

    def _answer(self, client, server):
        with contextlib.suppress(OSError):
            while answer := server.recv(65536):
                if answer.startswith(b"HTTP/"):
                    self.statuses.append(int(answer.split()[1]))
                client.sendall(answer)

    def _stream(self, client, server):
        events, left = 0, self._cut.pop(0) if self._cut else None
        while answer := server.recv(65536):
            if self._eat:
                continue
            client.sendall(answer)
            events += answer.count(b"\ndata:")
            if left is not None and events >= left:
                break
        for each in (client, server):
            each.shutdown(socket.SHUT_RDWR)
