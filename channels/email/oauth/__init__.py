"""Signing in to a mail provider without a password: OAuth tokens got, kept, renewed and shown to its servers."""
