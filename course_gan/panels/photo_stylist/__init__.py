"""Lesson 10: a photo in a style or a mixture of two."""
