"""Settings: one table of name, default and help. Flag > `DOCRAIL_*` > `docrail.toml` > default."""

import ipaddress
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import inf
from pathlib import Path
from typing import Any

from docrail.core.errors import InvalidInput, Problem
from docrail.core.plan import PhaseType
from docrail.core.retry import Limits, Retry, check_effort, read_limits
from docrail.models.wire import APIS

LOG_LEVELS = ("debug", "info", "warning", "error")


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
    max_megapixels: int = _setting(60, "the largest picture or scanned page, in millions of pixels")
    max_expanded_mb: int = _setting(
        200, "what a packed file (Office file, archive) may expand to, in megabytes"
    )
    max_expansion_ratio: int = _setting(
        200, "how many times its size a packed file may expand to, above 10 MB"
    )
    max_archive_entries: int = _setting(
        1000, "files taken out of one file given, with the archives and mails in it"
    )
    max_archive_depth: int = _setting(3, "archives inside one another that are opened")
    max_nested_mails: int = _setting(8, "mails inside one another that are opened")
    max_cells: int = _setting(500_000, "cells read of a document's tables, or values of its JSON or XML")
    max_characters: int = _setting(5_000_000, "characters read of a text, and of each sheet")
    read_seconds: int = _setting(120, "the longest that reading one document may take")
    read_memory_mb: int = _setting(1536, "memory of one reading process, in megabytes")
    ocr_engine: str = _setting("rapidocr", "what reads pictures: rapidocr, openvino or tesseract")
    attempts: int = _setting(3, "how often a phase is tried; a stage's `retry` says otherwise")
    retry_first_seconds: float = _setting(
        0.5, "the wait after a first failed attempt; doubled after each one"
    )
    retry_longest_seconds: float = _setting(30.0, "the longest wait between two attempts")
    limits: str = _setting(
        "{}",
        "limits of a type of phase over all runs and workers, as JSON or a table: "
        '`{"extraction": {"concurrency": 4, "per_second": 30}}`',
    )
    model_api: str = _setting(
        "openai", "how the model is spoken to: openai (and all that is compatible) or anthropic"
    )
    model_url: str = _setting(
        "", "the base URL of the model's service, like `http://127.0.0.1:11434/v1`; empty: the API's own"
    )
    model_name: str = _setting("", "the model's name as its service knows it; empty: no model is configured")
    model_key_variable: str = _setting(
        "DOCRAIL_MODEL_KEY",
        "the environment variable that holds the key of the model's service; it may be missing",
    )
    model_concurrency: int = _setting(4, "calls of the model at once, over all workers")
    model_per_second: float = _setting(
        0.0, "calls of the model that start in a second, over all workers; 0: any"
    )
    model_timeout_seconds: float = _setting(120.0, "the longest that one call of the model may take")
    model_output_tokens: int = _setting(4000, "the longest answer of the model, in tokens")
    model_input_price: float = _setting(
        0.0, "what a million tokens given to the model cost, in your currency"
    )
    model_output_price: float = _setting(0.0, "what a million tokens that the model makes cost")
    model_budget: float = _setting(
        0.0, "what one run may spend on the model, in the currency of the prices; 0: any"
    )
    model_budget_tokens: int = _setting(0, "the tokens one run may use, given and made together; 0: any")
    take_over_seconds: int = _setting(
        30, "a worker not heard of for so long is dead, and the others take over what it held (PostgreSQL)"
    )
    signing_secret: str = _setting(
        "", "what webhooks are signed with, the same for every process; empty: made once in the home folder"
    )
    webhook_networks: str = _setting(
        "", "networks, such as `10.0.0.0/8`, that webhooks may be sent to though they are not public"
    )
    log_level: str = _setting(
        "warning", "what is logged: debug, info (a line for every request), warning or error"
    )
    requests_at_once: int = _setting(
        64, "requests worked on at once by one `docrail serve`; others wait five seconds, then `503`"
    )
    waits_at_once: int = _setting(
        2000, "long-polls, event streams and extractions that wait at once, counted apart"
    )
    request_seconds: float = _setting(120.0, "the longest until an answer begins, then `503`")
    rate_per_minute: int = _setting(
        0, "requests of one key in a minute, by one `docrail serve`, then `429`; 0: any"
    )
    stop_seconds: int = _setting(
        30, "how long a server that is told to stop finishes uploads and downloads under way"
    )
    host: str = _setting("127.0.0.1", "the address `docrail serve` listens on")
    port: int = _setting(8000, "the port `docrail serve` listens on")

    @property
    def retry(self) -> Retry:
        return Retry(
            attempts=self.attempts,
            first_seconds=self.retry_first_seconds,
            longest_seconds=self.retry_longest_seconds,
        )

    @property
    def phase_limits(self) -> dict[str, Limits]:
        return {kind: read_limits({"limits": said}) for kind, said in json.loads(self.limits).items()}

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
        if isinstance(value, dict):
            value = json.dumps(value)
        try:
            values[name] = type(defaults[name])(value)
        except ValueError:
            wanted = "a whole number" if isinstance(defaults[name], int) else "a number"
            problems.append(Problem(path=f"{origin}: {name}", message=f"{value!r} is not {wanted}"))
    problems += _check_networks(
        values.get("webhook_networks", ""), given.get("webhook_networks", ("", ""))[1]
    )
    problems += _check_limits(values.get("limits", "{}"), given.get("limits", ("", ""))[1])
    problems += _check_model(values, given) + _check_serving(values, given)
    if problems:
        raise InvalidInput("the settings cannot be used", tuple(problems))
    return Settings(**values)


def _check_networks(text: str, origin: str) -> list[Problem]:
    try:
        for each in filter(None, map(str.strip, text.split(","))):
            ipaddress.ip_network(each)
    except ValueError as error:
        return [Problem(path=f"{origin}: webhook_networks", message=f"{error}; write `10.0.0.0/8, …`")]
    return []


def _check_limits(text: str, origin: str) -> list[Problem]:
    path = f"{origin}: limits"
    try:
        limits = json.loads(text)
    except ValueError:
        limits = None
    if not isinstance(limits, dict):
        return [Problem(path=path, message="must be a JSON object of phase types")]
    kinds = [kind.value for kind in PhaseType]
    unknown = [
        Problem(path=f"{path}.{kind}", message=f"no phase type; there are {', '.join(kinds)}")
        for kind in limits
        if kind not in kinds
    ]
    return unknown + [
        problem
        for kind in limits
        for problem in check_effort({"limits": limits[kind]}, path=f"{path}.{kind}")
    ]


def _check_serving(values: Mapping[str, Any], given: Mapping[str, tuple[Any, str]]) -> list[Problem]:
    """The settings of the server and of its log that cannot be meant."""
    least = {
        "requests_at_once": 1,
        "waits_at_once": 0,
        "request_seconds": 1,
        "rate_per_minute": 0,
        "stop_seconds": 0,
    }
    problems = [
        Problem(path=f"{given[name][1]}: {name}", message=f"must be a number of at least {number}")
        for name, number in least.items()
        if name in values and not number <= values[name] < inf
    ]
    if values.get("log_level", "warning") not in LOG_LEVELS:
        where = f"{given['log_level'][1]}: log_level"
        problems.append(Problem(path=where, message=f"must be one of {', '.join(LOG_LEVELS)}"))
    return problems


def _check_model(values: Mapping[str, Any], given: Mapping[str, tuple[Any, str]]) -> list[Problem]:
    """The settings of the model that cannot be meant."""
    problems = []
    least = {"model_concurrency": 1, "model_output_tokens": 1, "model_timeout_seconds": 0.001}
    for name, value in values.items():
        path = f"{given[name][1]}: {name}"
        if name == "model_api" and value not in APIS:
            problems.append(Problem(path=path, message=f"{value!r} is none of {', '.join(APIS)}"))
        elif name == "model_url" and value and not value.startswith(("http://", "https://")):
            problems.append(Problem(path=path, message="must start with http:// or https://"))
        elif (
            name.startswith("model_")
            and isinstance(value, int | float)
            and not least.get(name, 0) <= value < inf
        ):
            problems.append(Problem(path=path, message=f"must be a number of at least {least.get(name, 0)}"))
    return problems
