"""Values that hold something shown once: they never show it in their `repr`."""

from typing import Any

from docrail.client.values.value import Value

SECRETS = frozenset({"key", "secret", "token"})


class SecretValue(Value, frozen=True):
    """A value whose fields of these names stay out of its `repr`."""

    def __rich_repr__(self) -> Any:
        for name in self.__struct_fields__:
            yield name, "…" if name in SECRETS else getattr(self, name)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"
