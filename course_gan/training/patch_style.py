"""Many styles in one network, by distances and a critic of patches (arXiv:2203.11862, 1610.07629, 1604.04382)."""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from course_gan.style_losses import PatchDistance, content_distance
from course_gan.training.adversarial import Adversarial
from course_gan.training.batch import Batch, parts_of
from course_gan.training.game import Values

Painted = tuple[Tensor, Tensor, Tensor]  # photos, style of each, a crop of that style


class PatchStyle(Adversarial):
    """A style network against a critic of patches; batches are photos (b, 3, h, w), in [-1, 1].

    network: as StyleNetwork; critic: as StyleCritic. styles: the pictures to take styles from, each (3, any, any) in
    [-1, 1], none smaller than the photos, as many as the network has.
    loss: a name of `course_gan.losses`. content, patches, adversarial: weights of the three terms of the network's
    loss: coarse light as in the photo, patches as in the style by the sliced Wasserstein distance, and what the critic
    thinks. A term with weight 0 is left out. directions: of the patch distance. options: as in `Game`.
    Each photo of a batch is painted in another style, as far as there are as many.
    """

    def __init__(
        self,
        network: nn.Module,
        critic: nn.Module,
        styles: Sequence[Tensor],
        loss: str = "hinge",
        content: float = 1.0,
        patches: float = 1.0,
        adversarial: float = 1.0,
        directions: int = 16,
        **options: Any,
    ):
        players = {"critic": critic, "network": network}
        sides = {side: (side,) for side in players}
        super().__init__(players, sides, ("network",), loss, **options)
        self.network = self.players["network"]
        self.critic = self.players["critic"]
        self.styles = [self.place(style) for style in styles]
        self.distances = [PatchDistance(style[None], directions, generator=self.random) for style in self.styles]
        self.content = content
        self.patches = patches
        self.adversarial = adversarial

    def painted(self, batch: Batch) -> tuple[Tensor, ...]:
        """The photos."""
        return parts_of(batch)

    def moves(self, batches: Iterator) -> Values:
        """One round: styles are drawn for the next photos; the critic moves, then the network."""
        photos = self.next_batch(batches)
        style = self._drawn(len(photos)).to(photos.device)
        crops = torch.stack([self._crop(self.styles[k], photos.shape[2:]) for k in style.tolist()])
        drawn = (photos, style, crops)
        return self.critic_step(drawn) | self.network_step(drawn)

    def critic_step(self, batch: Painted) -> Values:
        """Move the critic once on crops of styles and on paintings in them; the network is frozen."""
        if not self.adversarial:
            return {}
        photos, style, crops = batch
        with self.turn("network") as (network,):
            paintings = network(photos, self.network.shares_of(style))
        self._handed = paintings
        with self.turn("critic") as (critic,):
            real_logits = self.judge(critic, crops, style)  # (b, 1, h', w')
            fake_logits = self.judge(critic, paintings.detach(), style)
            loss = self.loss.discriminator(real_logits, fake_logits)
        return self.descend("critic", loss, real_logit=real_logits.mean(), fake_logit=fake_logits.mean())

    def network_step(self, batch: Painted) -> Values:
        """Move the network once: keep the photo's light, have the style's patches, convince the critic."""
        photos, style, crops = batch
        with self.turn("network") as (network,):
            paintings = self._handed
            if paintings is None:
                paintings = network(photos, self.network.shares_of(style))
            paintings = paintings.float()
            content = content_distance(paintings, photos)
            values = {"content": content}
            loss = self.content * content
            if self.patches:
                each = [self.distances[k](p[None]) for k, p in zip(style.tolist(), paintings)]
                values["patches"] = torch.stack(each).mean()
                loss = loss + self.patches * values["patches"]
            if self.adversarial:
                real_logits = self.judge(self.critic, crops, style) if self.loss.needs_real else None
                fake_logits = self.judge(self.critic, paintings, style)
                values["adversarial"] = self.loss.generator(fake_logits, real_logits)
                loss = loss + self.adversarial * values["adversarial"]
        self._handed = None
        return self.descend("network", loss, **values)

    def _drawn(self, count: int) -> Tensor:
        """Styles for `count` photos, each as often as another, int64 (count,)."""
        rounds = -(-count // len(self.styles))
        order = [torch.randperm(len(self.styles), generator=self.random) for _ in range(rounds)]
        return torch.cat(order)[:count]

    def _crop(self, picture: Tensor, size: Sequence[int]) -> Tensor:
        """A random piece (3, h, w) of a picture (3, H, W)."""
        height, width = size
        top = int(torch.randint(picture.shape[1] - height + 1, (), generator=self.random))
        left = int(torch.randint(picture.shape[2] - width + 1, (), generator=self.random))
        return picture[:, top : top + height, left : left + width]

    def sample(self, photos: Tensor, style: Tensor, ema: bool = True) -> Tensor:
        """Paintings (b, 3, h, w) of photos, on the CPU; style: int64 (b,)."""
        return self.answer("network", (photos, self.network.shares_of(style)), ema)
