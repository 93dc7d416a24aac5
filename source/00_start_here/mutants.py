"""Wrong answers that the checks of exercise 00 must reject, and right ones, written otherwise, that they must accept."""

import numpy as np
import torch
import torch.nn.functional as F


def in_place(images):
    images -= 128
    return images.float() / 127.5


def clamps_in_place(x):
    return x.clamp_(-1, 1).add(1).mul(127.5).round().byte()


def warped(
    matrix=lambda m: m,
    corners=False,
    paper=1.0,
    mode="bilinear",
    outside="zeros",
    shape=lambda s: list(s),
):
    def warp(images, matrices):
        maps = torch.cat([matrix(matrices), torch.zeros(len(images), 2, 1)], dim=2)
        where = F.affine_grid(maps, shape(images.shape), align_corners=corners)
        read = F.grid_sample(images + paper, where, mode=mode, padding_mode=outside, align_corners=corners)
        return read - paper

    return warp


def warp_one_by_one(images, matrices):
    """Without torch's grids: four neighbours, weighed, in numpy."""
    b, c, h, w = images.shape
    out = np.zeros((b, c, h, w))
    padded = np.pad(images.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-1)
    for k, (a, o) in enumerate(matrices.double().numpy()):
        for i in range(h):
            for j in range(w):
                x, y = (2 * j + 1) / w - 1, (2 * i + 1) / h - 1
                column = ((a[0] * x + a[1] * y + 1) * w - 1) / 2
                row = ((o[0] * x + o[1] * y + 1) * h - 1) / 2
                for r in (int(np.floor(row)), int(np.floor(row)) + 1):
                    for s in (int(np.floor(column)), int(np.floor(column)) + 1):
                        inside = -1 <= r <= h and -1 <= s <= w
                        value = padded[k, :, r + 1, s + 1] if inside else -1.0
                        out[k, :, i, j] += (1 - abs(row - r)) * (1 - abs(column - s)) * value
    return torch.from_numpy(out)


def warp_each(images, matrices):
    rows = []
    for image, matrix in zip(images.double(), matrices.double()):
        where = F.affine_grid(F.pad(matrix, (0, 1))[None], [1, *image.shape], align_corners=False)
        rows.append(F.grid_sample(image[None] + 1, where, align_corners=False) - 1)
    return torch.cat(rows)


def shared(train, test, key=lambda p: p.numpy().tobytes()):
    seen = {key(p) for p in train}
    return sum(key(p) in seen for p in test)


def tables(train, test):
    return (train.flatten(1)[None] == test.flatten(1)[:, None]).all(dim=2)  # (m, n)


WRONG = {
    "00.to_float": {
        "from 0 to 1": lambda images: images.float() / 255,
        "by 128": lambda images: images.float() / 128 - 1,
        "in place": in_place,
        "bytes that wrap": lambda images: (images * 2 - 255).float() / 255,
        "rounded": lambda images: (images.float() / 127.5 - 1).round(),
        "upside down": lambda images: 1 - images.float() / 127.5,
        "integers": lambda images: images.long() // 128,
        "bytes left alone": lambda images: images,
        "spread over the picture": lambda images: (
            (images.float() - images.min()) / (images.max() - images.min()).clamp_min(1) * 2 - 1
        ),
        "minus the mean": lambda images: (images.float() - images.float().mean()) / 127.5,
    },
    "00.to_bytes": {
        "cut, not rounded": lambda x: ((x + 1) * 127.5).clamp(0, 255).to(torch.uint8),
        "wraps round": lambda x: ((x + 1) * 127.5).round().long().remainder(256).byte(),
        "floats": lambda x: ((x + 1) * 127.5).round().clamp(0, 255),
        "by 255": lambda x: (x * 255).round().clamp(0, 255).byte(),
        "by 128": lambda x: ((x + 1) * 128).round().clamp(0, 255).byte(),
        "up": lambda x: ((x + 1) * 127.5).ceil().clamp(0, 255).byte(),
        "changes x": clamps_in_place,
        "a sigmoid": lambda x: (torch.sigmoid(x) * 255).round().byte(),
        "one number": lambda x: int(((x.mean() + 1) * 127.5).round()),
        "64 bits": lambda x: ((x + 1) * 127.5).round().clamp(0, 255).long(),
    },
    "00.warp": {
        "one map for all": warped(matrix=lambda m: m[:1].expand(len(m), 2, 2)),
        "the inverse": warped(matrix=torch.linalg.inv),
        "transposed": warped(matrix=lambda m: m.transpose(1, 2)),
        "corners of pixels": warped(corners=True),
        "grey outside": warped(paper=0.0),
        "ink outside": warped(paper=-1.0),
        "border drawn out": warped(outside="border"),
        "nearest pixel": warped(mode="nearest"),
        "y before x": warped(matrix=lambda m: m.flip(1).flip(2)),
        "not warped": lambda images, matrices: images.clone(),
        "channels lost": lambda images, matrices: warped()(images, matrices).mean(1, keepdim=True)[:, 0],
    },
    "00.in_both": {
        "by sums": lambda train, test: shared(train, test, key=lambda p: p.sum().item()),
        "by pixels in any order": lambda train, test: shared(
            train, test, key=lambda p: tuple(p.flatten().sort()[0].tolist())
        ),
        "pairs": lambda train, test: tables(train, test).sum(),
        "training pictures": lambda train, test: tables(train, test).any(dim=0).sum(),
        "equal ones once": lambda train, test: len(
            {p.numpy().tobytes() for p in train} & {p.numpy().tobytes() for p in test}
        ),
        "nearly equal": lambda train, test: (
            torch.cdist(train.flatten(1).float(), test.flatten(1).float()).min(dim=0).values < 12
        ).sum(),
        "at the same place": lambda train, test: sum(torch.equal(a, b) for a, b in zip(train, test)),
        "any pixel": lambda train, test: (
            (train.flatten(1)[None] == test.flatten(1)[:, None]).any(dim=2).any(dim=1).sum()
        ),
        "a share": lambda train, test: shared(train, test) / len(test),
        "yes or no": lambda train, test: shared(train, test) > 0,
        "none": lambda train, test: 0,
    },
}

RIGHT = {
    "00.to_float": {
        "64 bits": lambda images: (images.double() - 127.5) / 127.5,
        "numpy": lambda images: images.numpy().astype(np.float32) * 2 / 255 - 1,
    },
    "00.to_bytes": {
        "numpy": lambda x: np.clip(np.rint((x.numpy() + 1) * 127.5), 0, 255).astype(np.uint8),
        "clamp first, add a half": lambda x: (x.clamp(-1, 1) * 127.5 + 128).floor().clamp_max(255).to(torch.uint8),
    },
    "00.warp": {"torch's grids": warped(), "pixel by pixel in numpy": warp_one_by_one, "image by image": warp_each},
    "00.in_both": {
        "a table": lambda train, test: tables(train, test).any(dim=1).sum(),
        "texts in a list": lambda train, test: [
            str(p.tolist()) in [str(q.tolist()) for q in train] for p in test
        ].count(True),
        "distances": lambda train, test: int(
            ((train.flatten(1).long()[None] - test.flatten(1).long()[:, None]).abs().sum(2) == 0).any(1).sum()
        ),
    },
}
