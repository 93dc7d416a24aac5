"""The networks of the papers, one file a paper; `layers` holds what several share."""

from course_gan.models.dcgan import DCGANDiscriminator, DCGANGenerator
from course_gan.models.layers import initialise, receptive_field
from course_gan.models.mlp import MLPDiscriminator, MLPGenerator

__all__ = [
    "DCGANDiscriminator",
    "DCGANGenerator",
    "MLPDiscriminator",
    "MLPGenerator",
    "initialise",
    "receptive_field",
]
