"""What comes from other systems as files: read whole, every mistake told with its line, and only then written."""
