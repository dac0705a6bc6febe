"""Setting up: the questions, what is guessed, what is tried, and the file that `centrala run` reads."""
