"""The built-in transfer phase."""
