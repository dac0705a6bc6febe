"""Speed as ratios measured in one run: each part compares the hub with something bare on the same machine."""
