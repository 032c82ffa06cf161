"""`client.specs`: a whole spec as one text."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from docrail.client.effects import Items, Steps
from docrail.client.resource import Link, ManyResults, OneResult, Resource
from docrail.client.route import Route, list_all
from docrail.client.values.pages import Everything, Page
from docrail.client.values.specs import Spec, WholeSpec

PATH = "/v1/specs"
SAVE = Route("POST", PATH, Spec)
LIST = Route("GET", PATH, Page[Spec])
GET = Route("GET", f"{PATH}/{{spec_id}}", WholeSpec)
VERSIONS = Route("GET", f"{PATH}/{{spec_id}}/versions", Everything[Spec])
YAML = {"Content-Type": "application/yaml"}

SpecText: TypeAlias = str | Path | Mapping[str, Any]
"""A spec: its YAML or JSON text, the Path of a file that holds it, or the same as a dict."""


class Specs(Resource[Link]):
    """Specs: the fields wanted and the rail."""

    @OneResult
    def save(self, spec: SpecText) -> Steps[Spec]:
        """Keep a spec; the same content is the same version. Raises InvalidInput with every problem of it."""
        return SAVE.ask(content=read_text(spec).encode(), headers=YAML)

    @ManyResults
    def list(self) -> Items[Spec]:
        """Specs in their newest version, newest spec first."""
        return list_all(LIST)

    @OneResult
    def get(self, spec_id: str) -> Steps[WholeSpec]:
        """The newest version of a spec, with what it says."""
        return GET.ask(spec_id)

    @OneResult
    def versions(self, spec_id: str) -> Steps[tuple[Spec, ...]]:
        """Every version of a spec, newest first."""
        return (yield from VERSIONS.ask(spec_id)).data


def read_text(spec: SpecText) -> str:
    """The text of a spec. Raises OSError."""
    if isinstance(spec, Path):
        return spec.read_text(encoding="utf-8-sig")
    return spec if isinstance(spec, str) else msgspec.json.encode(spec).decode()
