"""How far generated samples are from real ones: features, then statistics, then a value; one measure a file."""
# ruff: noqa: F401

from course_gan.metrics.distances import Neighbours
from course_gan.metrics.frechet import frechet_distance
from course_gan.metrics.kernel import KernelDistance, kernel_distance
from course_gan.metrics.modes import ModeCount, mode_count
from course_gan.metrics.neighbourhoods import PrecisionRecall, nearest_neighbours, precision_recall
from course_gan.metrics.octaves import grain, grain_distance
from course_gan.metrics.outlines import edges_kept
from course_gan.metrics.palette import palette_distance
