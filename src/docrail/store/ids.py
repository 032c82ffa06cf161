"""Ids that sort by creation (UUID version 7), and the clock they carry."""

import secrets
import threading
import time
import uuid

_lock = threading.Lock()
_last = 0


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """A UUIDv7, larger than every one this process made before."""
    global _last
    with _lock:
        _last = max(_last + 1, now_ms() << 12)
        stamp = _last
    milliseconds, sequence = stamp >> 12, stamp & 0xFFF
    tail = secrets.randbits(62)
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | sequence << 64 | 0b10 << 62 | tail))
