"""docrail turns a pile of documents into a governed table and shows every step of the way."""

__version__ = "0.1.0"
