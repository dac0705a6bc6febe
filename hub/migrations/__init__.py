"""The one line of migrations, for both engines. See docs/how-to/write-a-migration.md."""
