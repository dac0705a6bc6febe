"""Rows of the CRM core, a file an area."""
