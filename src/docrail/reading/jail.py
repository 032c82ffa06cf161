"""What the child does to itself before it touches a file: limits, no network, no writing, dying with its parent."""

import contextlib
import ctypes
import os
import resource
import signal
import sys

from docrail.reading.limits import Limits

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38
_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000
_OPEN_FILES = 128
_RESERVED_MB = 1536
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_REFUSED = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.remove",
    "os.rename",
    "os.mkdir",
    "os.rmdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.kill",
    "shutil.",
    "tempfile.",
    "urllib.",
    "http.",
    "ftplib.",
    "smtplib.",
    "webbrowser.",
    "pty.",
)


def enter(*, limits: Limits, parent: int) -> None:
    """Close the door. `parent` is the process id of the parent: if it is gone already, leave at once."""
    if sys.platform == "linux":
        _enter_linux()
    if os.getppid() != parent:
        os._exit(0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    # A ceiling only: the parent watches what is resident. RLIMIT_AS would count what onnxruntime merely maps, and
    # PDFium alone reserves 1 GB that it never touches.
    _limit(resource.RLIMIT_DATA, (limits.memory_mb + _RESERVED_MB) * 1024 * 1024)
    sys.addaudithook(_refuse)


def _enter_linux() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # An empty network of its own where the kernel allows it; the audit hook refuses sockets in any case.
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _limit(what: int, value: int) -> None:
    with contextlib.suppress(ValueError, OSError):
        hard = resource.getrlimit(what)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (most, most))


def _refuse(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        path, mode, flags = (*arguments, None, None, None)[:3]
        writes = isinstance(flags, int) and flags & _WRITING
        if (writes or _is_writing_mode(mode)) and path != os.devnull:
            raise PermissionError(f"a reader may not write: {path!r}")
    elif event.startswith(_REFUSED) and event not in ("socket.__new__", "socket.gethostname"):
        raise PermissionError(f"a reader may not do this: {event}")


def _is_writing_mode(mode: object) -> bool:
    return isinstance(mode, str) and any(letter in mode for letter in "wax+")
