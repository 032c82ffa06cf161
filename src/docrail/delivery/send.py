"""One attempt to tell a webhook: connect to an address that was checked, send, read the status. No redirects."""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from docrail.delivery.address import Refused, check_url, resolve

SECONDS = 10.0
"""The longest that one attempt may take in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What came of it: the status answered, or why there is none."""

    status: int | None
    error: str | None
    milliseconds: int

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def send(
    url: str, body: bytes, headers: Mapping[str, str], *, allowed: str, seconds: float = SECONDS
) -> Sent:
    """Send once. Raises nothing: what went wrong is in the answer, without anything of what the other side said."""
    started = time.monotonic()
    status, error = None, None
    try:
        status = _send(url, body, headers, allowed=allowed, seconds=seconds)
        if not 200 <= status < 300:
            error = "redirects are not followed" if 300 <= status < 400 else f"answered {status}"
    except Refused as refusal:
        error = str(refusal)
    except (OSError, http.client.HTTPException) as failure:
        late = time.monotonic() - started >= seconds
        error = f"no answer within {seconds:g} seconds" if late else f"{type(failure).__name__}"
    return Sent(status=status, error=error, milliseconds=round((time.monotonic() - started) * 1000))


def _send(url: str, body: bytes, headers: Mapping[str, str], *, allowed: str, seconds: float) -> int:
    check_url(url)
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = resolve(host, port, allowed=allowed)
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    connection.sock = _connect(address, host, port, secure=parts.scheme == "https", seconds=seconds)
    clock = threading.Timer(seconds, _cut, (connection.sock,))
    clock.daemon = True
    clock.start()
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, dict(headers))
        return connection.getresponse().status
    finally:
        clock.cancel()
        connection.close()


def _connect(address: str, host: str, port: int, *, secure: bool, seconds: float) -> socket.socket:
    plain = socket.create_connection((address, port), timeout=seconds)
    if not secure:
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _cut(connection: socket.socket) -> None:
    """A slow other side holds nobody up: whoever reads from the connection gets its end."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
