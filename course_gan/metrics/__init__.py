"""How far generated samples are from real ones: features, then statistics, then a value; one measure a file."""
# ruff: noqa: F401

from course_gan.metrics.distances import (
    frechet_distance,
    kernel_distance,
    mode_count,
    nearest_neighbours,
    precision_recall,
)
from course_gan.metrics.style import edges_kept, grain_distance, palette_distance
