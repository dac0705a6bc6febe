"""The email channel: joins on the same contract with the next issue; nothing of it is built yet."""
