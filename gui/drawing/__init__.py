"""Painting that several views share: bars and caps, labels that keep apart, the legend."""
