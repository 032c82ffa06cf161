"""The built-in extraction phase."""
