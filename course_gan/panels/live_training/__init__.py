"""A training with settings of one's own, watched and paused."""
