"""JSON for programs that call the command line."""

import sys
from typing import Any

import msgspec


def print_json(value: Any) -> None:
    """Print one JSON value and nothing else."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
    sys.stdout.flush()
