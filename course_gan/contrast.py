"""PatchNCE: a patch of the output shall be told from all others by the patch of the input it came from (CUT)."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def patch_nce(queries: Tensor, keys: Tensor, temperature: float = 0.07) -> Tensor:
    """Mean of −log softmax(⟨query, key⟩ / temperature) at the right key, a scalar in nats; arXiv:2007.15651.

    queries: descriptions of n places of each output, (b, n, c), each of length 1. keys: of the same places of the
    inputs, of the same shape, else ValueError; no gradient goes through them. The other n − 1 places of the same
    picture are the wrong answers. Who guesses pays log n.
    """
    if queries.shape != keys.shape:
        found = f"queries are {tuple(queries.shape)} and keys {tuple(keys.shape)}"
        raise ValueError(f"{found}, but they must be of one shape: each query has its key at its own place")
    pictures, places, _ = queries.shape
    with torch.autocast(queries.device.type, enabled=False):
        similar = queries.float() @ keys.detach().float().transpose(1, 2)  # (b, n, n)
    right = torch.arange(places, device=queries.device).repeat(pictures)
    return cross_entropy(similar.flatten(0, 1) / temperature, right)
