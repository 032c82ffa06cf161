"""The command face: reads what was typed, calls one use case, shows what came back."""
