"""What the house has done, in numbers: kept by day, queue, channel and person, and every number with its tickets."""
