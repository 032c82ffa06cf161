"""What is true. Pure: no clock, file, network, database or randomness."""
