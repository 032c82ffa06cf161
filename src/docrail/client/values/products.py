"""Data products."""

import msgspec

from docrail.client.values.secrets import SecretValue
from docrail.client.values.value import Links, Value


class Product(Value, frozen=True, kw_only=True):
    """A delivered table."""

    id: str
    name: str
    pipeline_id: str
    shared: bool
    share_expires_at: str | None
    share_has_password: bool
    min_confidence: float
    require_validation_pass: bool
    created_at: str
    links: Links
    status: str = "ready"


class ShareToken(SecretValue, frozen=True, kw_only=True):
    """The token of the public link, shown this once."""

    data_product_id: str
    token: str


class MadeProduct(Value, frozen=True, kw_only=True):
    """The product; its share token only when the product is new."""

    product: Product = msgspec.field(name="dataProduct")
    share_token: ShareToken | None = msgspec.field(name="shareToken")
