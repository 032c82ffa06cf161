"""How work survives a crash: the only module that imports the durable-execution library."""
