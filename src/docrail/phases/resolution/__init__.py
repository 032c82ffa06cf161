"""The built-in resolution phase."""
