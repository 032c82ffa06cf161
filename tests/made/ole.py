"""A small compound file (OLE2), enough for an Outlook message."""

import struct
from collections.abc import Mapping
from datetime import UTC, datetime

Storage = Mapping[str, "bytes | Storage"]

_SECTOR, _FREE, _END, _FAT = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def make_ole(root: Storage) -> bytes:
    """A compound file with these streams and storages; small streams stand in its mini stream."""
    names: list[tuple[str, int, bytes, int, int, int]] = [("", 5, b"", _FREE, _FREE, _FREE)]
    names[0] = ("Root Entry", 5, b"", _FREE, _FREE, _add(root, names))
    large, fat, small, mini_fat = b"", _Chains(_SECTOR), b"", _Chains(64)
    starts = []
    for _, _, data, *_ in names:
        is_small = len(data) < 4096
        starts.append((mini_fat if is_small else fat).add(len(data)))
        if is_small:
            small += data.ljust(-(-len(data) // 64) * 64, b"\0")
        else:
            large += _pad(data)
    table = struct.pack(f"<{len(mini_fat.next)}I", *mini_fat.next)
    table = _pad(table, b"\xff")
    starts[0] = fat.add(len(small))
    mini_at = fat.add(len(table))
    entries = [
        _entry(name, kind, left, right, child, start=start, size=len(small) if kind == 5 else len(data))
        for (name, kind, data, left, right, child), start in zip(names, starts, strict=True)
    ]
    directory = _pad(b"".join(entries))
    first = fat.add(len(directory))
    count = 1
    while count * 128 < len(fat.next) + count:
        count += 1
    at = [len(fat.next) + n for n in range(count)]
    last = _pad(struct.pack(f"<{len(fat.next) + count}I", *fat.next, *[_FAT] * count), b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6xIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, count, first, 0)
    head += struct.pack("<IIIII", 4096, mini_at, len(table) // _SECTOR, _END, 0)
    head += struct.pack("<109I", *at, *[_FREE] * (109 - len(at)))
    return head + large + _pad(small) + table + directory + last


class _Chains:
    """A table that says which sector follows which."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.next: list[int] = []

    def add(self, length: int) -> int:
        """Room for `length` bytes; the first sector."""
        count = -(-length // self.size)
        if not count:
            return _END
        start = len(self.next)
        self.next += [*range(start + 1, start + count), _END]
        return start


def _pad(data: bytes, filler: bytes = b"\0") -> bytes:
    return data.ljust(-(-len(data) // _SECTOR) * _SECTOR, filler)


def _entry(name: str, kind: int, left: int, right: int, child: int, *, start: int, size: int) -> bytes:
    raw = (name + "\0").encode("utf-16-le")
    links = struct.pack("<HBBIII", len(raw), kind, 1, left, right, child)
    return raw.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)


def make_msg(
    *,
    subject: str = "Invoice",
    body: str = "",
    html: bytes = b"",
    attached: Mapping[str, bytes] | None = None,
    inner: Storage | None = None,
    is_inner: bool = False,
    sent: datetime = datetime(2026, 3, 4, 12, tzinfo=UTC),
) -> Storage:
    """The streams of a message; `inner` is a message attached to it."""
    ticks = int((sent - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
    properties = bytes(24 if is_inner else 32) + struct.pack("<IIQ", 0x00390040, 6, ticks)
    files: dict[str, bytes | Storage] = {
        "__properties_version1.0": properties,
        "__substg1.0_0037001F": subject.encode("utf-16-le"),
        "__substg1.0_0C1A001F": "Nord & Söhne".encode("utf-16-le"),
        "__substg1.0_0C1F001F": "office@example.org".encode("utf-16-le"),
        "__substg1.0_0E04001F": "you@example.org".encode("utf-16-le"),
    }
    if body:
        files["__substg1.0_1000001F"] = body.encode("utf-16-le")
    if html:
        files["__substg1.0_10130102"] = html
    for at, (name, data) in enumerate((attached or {}).items()):
        files[f"__attach_version1.0_#{at:08X}"] = {
            "__properties_version1.0": bytes(8),
            "__substg1.0_3707001F": name.encode("utf-16-le"),
            "__substg1.0_37010102": data,
        }
    if inner is not None:
        files["__attach_version1.0_#000000FF"] = {
            "__properties_version1.0": bytes(8),
            "__substg1.0_3701000D": inner,
        }
    return files


def _add(storage: Storage, names: list[tuple[str, int, bytes, int, int, int]]) -> int:
    """Add the members of a storage, each the right neighbour of the one before; the first one's number."""
    numbers = []
    for name, content in storage.items():
        numbers.append(len(names))
        data = content if isinstance(content, bytes) else b""
        names.append((name, 2 if isinstance(content, bytes) else 1, data, _FREE, _FREE, _FREE))
    for at, (number, content) in enumerate(zip(numbers, storage.values(), strict=True)):
        name, kind, data, left, _, _ = names[number]
        right = numbers[at + 1] if at + 1 < len(numbers) else _FREE
        child = _FREE if isinstance(content, bytes) else _add(content, names)
        names[number] = (name, kind, data, left, right, child)
    return numbers[0] if numbers else _FREE
