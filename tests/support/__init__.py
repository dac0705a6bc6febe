"""What the rings of tests stand on: databases from migrated templates, the cast, the hub with its far sides."""
