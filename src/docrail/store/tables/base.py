"""What every table is made of. Times are milliseconds since 1970, JSON is text."""

from sqlalchemy import BigInteger, Column, MetaData, String

metadata = MetaData()


def id_column(name: str = "id") -> Column[str]:
    """A primary key that holds a UUID as text."""
    return Column(name, String(36), primary_key=True)


def time_column(name: str, *, nullable: bool = False) -> Column[int]:
    """A moment in milliseconds since 1970."""
    return Column(name, BigInteger, nullable=nullable)
