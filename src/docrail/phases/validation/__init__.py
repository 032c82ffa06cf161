"""The built-in validation phase."""
