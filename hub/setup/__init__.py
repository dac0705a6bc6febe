"""Setting the hub up: what writes its settings file."""
