"""The HTTP face: routes read a request, call one use case and show the result."""
