"""What writes the settings file. Reading it is hub.settings."""
