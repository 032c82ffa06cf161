"""`client.products`: the table of a pipeline, exported and shared."""

from datetime import datetime
from typing import Literal

from docrail.client.download import Target, download
from docrail.client.effects import Items, Steps
from docrail.client.resource import Link, ManyResults, OneResult, Resource
from docrail.client.route import Route, given, list_all
from docrail.client.values.pages import Page
from docrail.client.values.products import MadeProduct, Product, ShareToken
from docrail.client.values.results import TableRow
from docrail.client.values.value import Json

PATH = "/v1/data-products"
ONE = f"{PATH}/{{product_id}}"
MAKE = Route("POST", "/v1/pipelines/{pipeline_id}/data-product", MadeProduct)
LIST = Route("GET", PATH, Page[Product])
GET = Route("GET", ONE, Product)
RESULTS = Route("GET", f"{ONE}/results", Page[TableRow])
SCHEMA = Route("GET", f"{ONE}/schema", Json)
QUALITY = Route("GET", f"{ONE}/quality", Json)
EXPORT = Route("GET", f"{ONE}/export/{{kind}}.{{format}}", bytes)
SHARE = Route("POST", f"{ONE}/share", ShareToken)
REVOKE_SHARE = Route("DELETE", f"{ONE}/share", type(None))

Kind = Literal["plain", "audit"]
Format = Literal["csv", "jsonl", "parquet", "xlsx"]


class Products(Resource[Link]):
    """Data products: delivered tables."""

    @OneResult
    def make(
        self,
        pipeline_id: str,
        *,
        name: str | None = None,
        min_confidence: float | None = None,
        require_validation_pass: bool = False,
    ) -> Steps[MadeProduct]:
        """Make the data product of a pipeline; again is the same product, without its share token."""
        wanted = given(name=name, min_confidence=min_confidence)
        return MAKE.ask(pipeline_id, json={**wanted, "require_validation_pass": require_validation_pass})

    @ManyResults
    def list(self) -> Items[Product]:
        """Data products, newest first."""
        return list_all(LIST)

    @OneResult
    def get(self, product_id: str) -> Steps[Product]:
        """One data product."""
        return GET.ask(product_id)

    @ManyResults
    def results(self, product_id: str) -> Items[TableRow]:
        """The rows of the table: composed records once assembly has made them, else documents."""
        return list_all(RESULTS, product_id)

    @OneResult
    def schema(self, product_id: str) -> Steps[Json]:
        """The JSON Schema of the table's fields."""
        return SCHEMA.ask(product_id)

    @OneResult
    def quality(self, product_id: str) -> Steps[Json]:
        """How complete and how sure the table is: documents, fields and failed checks, counted."""
        return QUALITY.ask(product_id)

    @OneResult
    def export(
        self,
        product_id: str,
        target: Target,
        *,
        kind: Kind = "plain",
        format: Format = "csv",  # noqa: A002 - the contract's word
    ) -> Steps[int]:
        """Write the table to a path or an open file, as it comes; how many bytes it has."""
        return download(EXPORT.request(product_id, kind, format), target)

    @OneResult
    def share(
        self, product_id: str, *, expires_at: datetime | None = None, password: str | None = None
    ) -> Steps[ShareToken]:
        """A new share token, shown this once; the one before opens nothing any more."""
        return SHARE.ask(product_id, json=given(expires_at=expires_at, password=password))

    @OneResult
    def revoke_share(self, product_id: str) -> Steps[None]:
        """End the share link; again is no harm."""
        return REVOKE_SHARE.ask(product_id)
