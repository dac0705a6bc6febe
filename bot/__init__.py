"""The entrance for staff: one command language, its cards and notices. Owns no rules and no tables."""
