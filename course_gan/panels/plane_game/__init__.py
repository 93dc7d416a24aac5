"""Lesson 02: a game of the plane, move by move."""
