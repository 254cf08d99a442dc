"""The pure core: values and functions only. No clock, no network, no dice, no files."""
