"""Bytes become a Layout: one file for each format, `sandbox` runs them apart."""
