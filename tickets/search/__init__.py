"""Search over all that a colleague may see: what is found by which words, the index, and the way through it."""
