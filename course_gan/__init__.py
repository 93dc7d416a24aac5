"""A GAN course in notebooks, over a small tested library of the same models."""
