"""Settings of a generator of latents against a discriminator, which the points' and the images' recipes share."""

from dataclasses import dataclass

from torch import nn

from course_gan import losses
from course_gan.errors import CourseError
from course_gan.recipes.recipe import Recipe
from course_gan.recipes.schema import Settings, setting
from course_gan.training import GAN


@dataclass(frozen=True)
class GANSettings(Settings):
    """Of `course_gan.training.GAN`: loss, learning rates, Adam's β, moves of D, penalties and the average."""

    batch_size: int = setting(64, "batch size", 2, 4096, on_panel=True)
    loss: str = setting("non_saturating", "loss", choices=losses.NAMES)
    lr: float = setting(2e-4, "learning rate", 1e-7, 1.0, on_panel=True)
    lr_discriminator: float | None = setting(None, "learning rate of D", 1e-7, 1.0, on_panel=True)
    betas: tuple[float, ...] = setting((0.5, 0.999), "Adam's β", 0.0, 0.999999, length=2)
    discriminator_steps: int = setting(1, "D steps per G step", 1, 50, on_panel=True)
    width: int = setting(64, "width", 1, 512, on_panel=True)
    latent_dim: int = setting(100, "latent numbers", 1, 4096)
    ema: float | None = setting(0.999, "EMA", 0.0, 0.99999, on_panel=True)
    r1: float = setting(0.0, "R1", 0.0, 1000.0, on_panel=True)
    r2: float = setting(0.0, "R2", 0.0, 1000.0, on_panel=True)
    gradient_penalty: float = setting(0.0, "gradient penalty", 0.0, 1000.0, on_panel=True)


class GANRecipe(Recipe):
    """A generator of latents against a discriminator."""

    Settings = GANSettings

    def check(self) -> None:
        """A compiled player has no second derivative, which a penalty needs."""
        settings = self.settings
        if settings.compile and (settings.r1 or settings.r2 or settings.gradient_penalty):
            raise CourseError("compile is True, but r1, r2 and gradient_penalty need it to be False")

    def make_game(self, players: dict[str, nn.Module]) -> GAN:
        settings = self.settings
        return GAN(
            players["generator"],
            players["discriminator"],
            loss=settings.loss,
            lr=settings.lr,
            lr_discriminator=settings.lr_discriminator,
            betas=settings.betas,
            discriminator_steps=settings.discriminator_steps,
            r1=settings.r1,
            r2=settings.r2,
            gradient_penalty=settings.gradient_penalty,
            ema=settings.ema,
            seed=settings.seed,
            backend=self.backend,
        )
