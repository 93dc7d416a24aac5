"""Short questions from finished lessons, spaced: the bank, the answers, the schedule, a sitting in a terminal."""
