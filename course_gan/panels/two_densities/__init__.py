"""Lesson 01: two densities on a line, moved by hand."""
