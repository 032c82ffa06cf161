"""What is remembered: the only SQL, and the folder of blobs."""
