"""Passwords of share links: of each only a salted, slow hash is kept."""

import hashlib
import hmac
import secrets

_COST = {"n": 2**14, "r": 8, "p": 1}


def hash_password(password: str) -> str:
    """What is kept of a password: `salt$hash` in hex.

    >>> kept = hash_password("correct horse")
    >>> is_password("correct horse", kept), is_password("wrong horse", kept)
    (True, False)
    """
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${_hash(password, salt)}"


def is_password(password: str, kept: str) -> bool:
    """Whether this is the password of what `hash_password` kept; takes some 50 ms whatever the answer."""
    salt, _, hashed = kept.partition("$")
    return hmac.compare_digest(_hash(password, bytes.fromhex(salt)), hashed)


def _hash(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, **_COST).hex()
