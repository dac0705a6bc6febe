"""The demo: the real hub against simulated far sides, and the page in which one plays all the people."""
