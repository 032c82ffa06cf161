"""Files made in tests, byte by byte: good ones of every kind, and hostile ones."""
