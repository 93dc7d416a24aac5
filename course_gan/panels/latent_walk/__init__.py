"""Lesson 03: a walk through the latents."""
