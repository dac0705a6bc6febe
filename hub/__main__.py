"""`python -m hub` is `centrala`."""

from hub.cli import main

main()
