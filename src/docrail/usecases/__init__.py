"""What a person can do: one function for a verb, one file for a noun."""
