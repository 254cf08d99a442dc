"""Comparisons: the same prompts along several routes, again and again, measured and told apart without a window."""
