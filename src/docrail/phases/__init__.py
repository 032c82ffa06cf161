"""What is done to a document: plug-ins behind one Protocol, found by entry points, built-ins too."""
