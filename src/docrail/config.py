"""Settings: one table of name, default and help. Flag > `DOCRAIL_*` > `docrail.toml` > default."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from docrail.core.errors import InvalidInput, Problem


def _setting(default: Any, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set."""

    home: str = _setting(".docrail", "the folder of the database, the documents and what was read of them")
    database_url: str = _setting("", "a PostgreSQL URL; empty: SQLite in the home folder")
    processes: int = _setting(0, "processes that read documents; 0: one a core")
    concurrency: int = _setting(0, "chunks a worker works on at once; 0: one a core and one more")
    max_file_mb: int = _setting(100, "the largest file taken, in megabytes")
    max_pages: int = _setting(500, "pages read of a document")
    read_seconds: int = _setting(120, "the longest that reading one document may take")
    read_memory_mb: int = _setting(1536, "memory of one reading process, in megabytes")
    ocr_engine: str = _setting("rapidocr", "what reads pictures: rapidocr, openvino or tesseract")
    host: str = _setting("127.0.0.1", "the address `docrail serve` listens on")
    port: int = _setting(8000, "the port `docrail serve` listens on")

    @property
    def home_path(self) -> Path:
        return Path(self.home).expanduser().resolve()

    @property
    def url(self) -> str:
        return self.database_url or f"sqlite:///{self.home_path / 'docrail.db'}"

    @property
    def embedded(self) -> bool:
        """Whether this is SQLite with its one worker."""
        return self.url.startswith("sqlite")


def read_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    file: Path = Path("docrail.toml"),
) -> Settings:
    """Read every setting once. Raises InvalidInput with every unknown or malformed one."""
    environment = os.environ if environment is None else environment
    given: dict[str, tuple[Any, str]] = {}
    if file.is_file():
        given |= {name: (value, str(file)) for name, value in tomllib.loads(file.read_text()).items()}
    known = {each.name for each in fields(Settings)}
    prefix = "DOCRAIL_"
    for name, value in environment.items():
        if name.startswith(prefix) and name.removeprefix(prefix).lower() in known:
            given[name.removeprefix(prefix).lower()] = (value, name)
    given |= {name: (value, "flag") for name, value in (flags or {}).items() if value is not None}
    return _checked(given, known)


def _checked(given: Mapping[str, tuple[Any, str]], known: set[str]) -> Settings:
    problems, values = [], {}
    defaults: dict[str, Any] = {each.name: each.default for each in fields(Settings)}
    for name, (value, origin) in given.items():
        if name not in known:
            problems.append(
                Problem(path=f"{origin}: {name}", message=f"unknown; there are {', '.join(sorted(known))}")
            )
            continue
        try:
            values[name] = type(defaults[name])(value)
        except ValueError:
            problems.append(Problem(path=f"{origin}: {name}", message=f"{value!r} is not a whole number"))
    if problems:
        raise InvalidInput("the settings cannot be used", tuple(problems))
    return Settings(**values)
