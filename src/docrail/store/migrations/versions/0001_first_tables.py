"""The tables of the first release."""

from alembic import op

from docrail.store.append_only import protect
from docrail.store.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table. Later migrations change them one by one."""
    metadata.create_all(op.get_bind(), checkfirst=False)
    protect(op.get_bind(), "admissions")
    protect(op.get_bind(), "audit")
    protect(op.get_bind(), "confirmations")
    protect(op.get_bind(), "decisions")


def downgrade() -> None:
    """Drop every table."""
    metadata.drop_all(op.get_bind())
