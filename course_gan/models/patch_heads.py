"""CUT's heads: from a generator's features at some places to descriptions that can be compared (arXiv:2007.15651)."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn.functional import normalize

from course_gan.models.layers import at_least


class PatchHeads(nn.Module):
    """Features (b, c, h, w) of several layers to descriptions (b, n, width) of n places of each, of length 1.

    channels: of each layer's features, in their order. width: numbers per description. Each layer has two linear maps
    of its own with a ReLU between. ValueError for what cannot be built.
    """

    def __init__(self, channels: Sequence[int], width: int = 256):
        super().__init__()
        at_least(1, width=width, layers=len(channels))
        for count in channels:
            at_least(1, channels=count)
        heads = []
        for count in channels:
            heads.append(nn.Sequential(nn.Linear(count, width), nn.ReLU(), nn.Linear(width, width)))
        self.heads = nn.ModuleList(heads)

    def forward(self, features: Sequence[Tensor], places: Sequence[Tensor]) -> list[Tensor]:
        """Descriptions of each layer's places.

        features: one (b, c, h, w) for each layer; places: one int64 (n,) for each, row · w + column, the same in every
        picture of the batch. ValueError where their numbers are not that of the layers.
        """
        if not len(features) == len(places) == len(self.heads):
            found = f"{len(features)} features and {len(places)} places"
            raise ValueError(f"{found}, but there are heads for {len(self.heads)} layers: one of each per layer")
        described = []
        for head, maps, chosen in zip(self.heads, features, places):
            vectors = maps.flatten(2)[:, :, chosen].transpose(1, 2)  # (b, n, c)
            described.append(normalize(head(vectors).float(), dim=2))
        return described
