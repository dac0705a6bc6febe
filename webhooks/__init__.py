"""The entrance for other systems: signed webhooks in."""
