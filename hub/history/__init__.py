"""Reading the history of another help desk: a module a format, each making the same plain values."""
