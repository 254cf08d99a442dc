"""A Run, or a request, as something that people open elsewhere. Nothing here writes a file or holds a secret."""
