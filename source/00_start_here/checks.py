"""The items of exercise 00: what is sent, what is right, and how near is near enough."""

import math

import torch

from course_gan.grading import Check, close

LESSON = "notebooks/00_start_here"


def draw_bytes(generator, *shape):
    return torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8)


# ── 1 · to_float, 2 · to_bytes ──────────────────────────────────────────────────────────────────────────────────────


def pictures(generator):
    few = draw_bytes(generator, 4)
    few[int(torch.randint(4, (), generator=generator))] = 0
    return [{"images": few}, {"images": draw_bytes(generator, 3, 1, 8, 8)}, {"images": torch.tensor([0, 255]).byte()}]


def along_a_line(images):
    return images.double() * (2 / 255) - 1


def outputs(generator):
    def around(bytes_, off):  # the number of a byte, off by a part of a step
        return (2 / 255) * (bytes_.double() + off) - 1

    few, many = draw_bytes(generator, 4), draw_bytes(generator, 2, 3, 8, 8)
    off = torch.rand(many.shape, generator=generator, dtype=torch.float64) * 0.8 - 0.4
    beyond = torch.tensor([-1.0, 1.0]) * (1.01 + 2 * torch.rand(2, generator=generator))
    return [
        {"x": around(few, 0.3)},
        {"x": around(few, -0.3)},
        {"x": around(many, off).float()},
        {"x": beyond},
        {"x": torch.tensor([-1.0, 1.0, 0.999])},
    ]


def nearest_byte(x):
    steps = [min(255, max(0, math.floor((value + 1) * 127.5 + 0.5))) for value in x.double().flatten().tolist()]
    return torch.tensor(steps, dtype=torch.uint8).reshape(x.shape)


def is_byte(case, expected, answer):
    wrong = close(expected, answer)
    if wrong is None and answer.dtype != torch.uint8:
        return f"expected bytes (uint8), got {str(answer.dtype).removeprefix('torch.')}; the numbers are right"
    return wrong


# ── 3 · warp ────────────────────────────────────────────────────────────────────────────────────────────────────────


def batches(generator):
    cases = []
    for shape in ((1, 1, 2, 3), (3, 1, 8, 8), (4, 2, 6, 10)):
        images = 2 * torch.rand(shape, generator=generator) - 1
        matrices = torch.eye(2) + 0.5 * torch.randn(shape[0], 2, 2, generator=generator)
        cases.append({"images": images, "matrices": matrices})
    return cases


def read_by_hand(images, matrices):
    b, c, h, w = images.shape
    papered = torch.full((b, c, h + 2, w + 2), -1.0, dtype=torch.float64)  # a border of paper
    papered[:, :, 1:-1, 1:-1] = images.double()
    x = (2 * torch.arange(w, dtype=torch.float64) + 1) / w - 1  # middles of pixels
    y = (2 * torch.arange(h, dtype=torch.float64) + 1) / h - 1
    out = torch.zeros(b, c, h, w, dtype=torch.float64)
    for k, m in enumerate(matrices.double()):
        column = ((m[0, 0] * x[None] + m[0, 1] * y[:, None] + 1) * w - 1) / 2 + 1  # (h, w), in the papered picture
        row = ((m[1, 0] * x[None] + m[1, 1] * y[:, None] + 1) * h - 1) / 2 + 1
        column, row = column.clamp(0, w + 1), row.clamp(0, h + 1)  # all beyond is paper too
        left, top = column.floor().long().clamp_max(w), row.floor().long().clamp_max(h)
        right, below = column - left, row - top  # shares of the neighbours
        for di, share_row in ((0, 1 - below), (1, below)):
            for dj, share_column in ((0, 1 - right), (1, right)):
                out[k] += share_row * share_column * papered[k][:, top + di, left + dj]
    return out


# ── 4 · in_both ─────────────────────────────────────────────────────────────────────────────────────────────────────


def splits(generator):
    def mixed(pictures):
        return pictures[torch.randperm(len(pictures), generator=generator)]

    def split(n, common, side):
        train, test = draw_bytes(generator, n, 1, side, side), draw_bytes(generator, n, 1, side, side)
        lookalikes = train[:3].flip(-1), train[3:5] ^ 1  # mirrored, with the same sum; and off by one everywhere
        train = torch.cat([train, train[5 : 5 + common]])  # the training set has those twice
        test = torch.cat([test, train[5 : 5 + common], train[5:6], *lookalikes])  # the test set has one of them twice
        return {"train": mixed(train), "test": mixed(test)}

    apart = draw_bytes(generator, 30, 1, 6, 6)
    turned = apart[:10].flatten(1).roll(1, dims=1).reshape(10, 1, 6, 6)
    few = draw_bytes(generator, 2, 1, 1, 2)
    return [
        {"train": few, "test": torch.cat([few[1:], few[1:].bitwise_not()])},
        split(20, int(torch.randint(1, 9, (), generator=generator)), 5),
        {"train": apart, "test": turned},
        split(90, int(torch.randint(3, 40, (), generator=generator)), 8),
    ]


def counted_in_lists(train, test):
    known = train.flatten(1).tolist()
    return sum(picture in known for picture in test.flatten(1).tolist())


CHECKS = [
    Check("00.to_float", f"{LESSON}, section 5", pictures, along_a_line, atol=1e-5),
    Check("00.to_bytes", f"{LESSON}, section 5", outputs, nearest_byte, verdict=is_byte),
    Check("00.warp", f"{LESSON}, section 6", batches, read_by_hand, rtol=1e-3, atol=1e-4),
    Check("00.in_both", f"{LESSON}, section 3, Train and test", splits, counted_in_lists),
]
