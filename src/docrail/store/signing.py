"""The key that signs for this installation: given in the settings, or made once in the home folder."""

import hashlib
import os
import secrets
from pathlib import Path

NAME = "signing.key"


def signing_key(home: Path, given: str) -> bytes:
    """The key (32 bytes); the file is readable by its owner alone. Two processes that make it at once agree."""
    if given:
        return hashlib.sha256(given.encode()).digest()
    path = home / NAME
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        new = home / f"{NAME}.{secrets.token_hex(8)}"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(new, path)
        except FileExistsError:
            pass
        finally:
            new.unlink()
    return bytes.fromhex(path.read_text().strip())
