"""Lesson 07: paint a map, see the picture."""
