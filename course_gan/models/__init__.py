"""The networks of the papers, one file a paper; `layers` holds what several share."""
# ruff: noqa: F401

from course_gan.models.adain_networks import AdaINDecoder, AdaINEncoder, adain, channel_statistics, vgg19_encoder
from course_gan.models.cyclegan import ResNetGenerator
from course_gan.models.dcgan import DCGANDiscriminator, DCGANGenerator
from course_gan.models.features import FeatureNetwork, load_features
from course_gan.models.layers import initialise, receptive_field
from course_gan.models.mlp import MLPDiscriminator, MLPGenerator
from course_gan.models.patch_heads import PatchHeads
from course_gan.models.pix2pix import EncoderDecoder, PairDiscriminator, PatchDiscriminator, UNetGenerator
from course_gan.models.shipped import load_weights, save_weights
from course_gan.models.style_critic import StyleCritic
from course_gan.models.style_network import ConditionalInstanceNorm, StyleNetwork
from course_gan.models.style_painting import in_styles, load_style_network
from course_gan.models.stylization import load_adain, stylize
