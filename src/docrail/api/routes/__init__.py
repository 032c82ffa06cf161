"""One file for a noun."""
