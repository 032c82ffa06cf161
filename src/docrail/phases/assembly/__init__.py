"""The built-in assembly phase."""
