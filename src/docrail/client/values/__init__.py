"""What the server answers, as values: fields that this version does not know are ignored."""
