"""Figures: what they draw, that they leave pyplot alone, and what a notebook keeps of them."""

import base64
import inspect
import io
import math
import subprocess
import sys
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from course_gan import plots
from course_gan.plots import live as live_module
from course_gan.plots.display import bundle, picture
from course_gan.plots.grids import mosaic
from course_gan.plots.lines import smoothed


def pixels_of(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), int)


def settings():
    return {name: matplotlib.rcParams[name] for name in matplotlib.rcParams if name != "backend"}


@pytest.fixture(scope="module")
def every_figure():
    before = settings()
    x = torch.linspace(-3, 3, 50)
    points = torch.randn(60, 2)
    photo = F.interpolate(torch.rand(1, 3, 4, 4), 64, mode="bilinear")[0]
    figures = {
        "image_grid": plots.image_grid(torch.rand(10, 1, 16, 16) * 2 - 1),
        "curves": plots.curves({"generator": torch.rand(400), "discriminator": torch.rand(400)}),
        "densities": plots.densities(x, {"real": torch.exp(-(x**2))}, discriminator=torch.sigmoid(x)),
        "scatter": plots.scatter(points, points + 1, modes=points[:3]),
        "field": plots.field(lambda z: torch.sigmoid(z.sum(dim=1)), real=points, fake=points),
        "phase_portrait": plots.phase_portrait(lambda z: z.flip(1), {"a path": points[:5]}),
        "receptive_field": plots.receptive_field(photo, [16, 34]),
        "panels": plots.panels(2, 2)[0],
        "live": plots.LiveFigure().figure(),
    }
    assert settings() == before
    return figures


def test_every_function_returns_a_figure_that_pyplot_does_not_know(every_figure):
    assert all(isinstance(figure, matplotlib.figure.Figure) for figure in every_figure.values())
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


@pytest.mark.parametrize("name", [name for name in dir(plots) if callable(getattr(plots, name)) and name[0] != "_"])
def test_every_public_function_says_what_it_takes_and_gives(name):
    function = getattr(plots, name)
    signature = inspect.signature(function)
    untyped = [p.name for p in signature.parameters.values() if p.annotation is inspect.Parameter.empty]
    assert (untyped, bool(inspect.getdoc(function))) == ([], True)
    assert isinstance(function, type) or signature.return_annotation is not inspect.Signature.empty


def test_every_figure_fits_the_page_and_is_a_small_png(every_figure):
    for name, figure in every_figure.items():
        content = plots.png(figure)
        width, height = Image.open(io.BytesIO(content)).size
        assert width <= 721, name
        assert height <= 721, name
        assert len(content) < 60_000, name


def test_use_style_gives_pyplot_the_colours_of_the_course():
    with matplotlib.rc_context():
        plots.use_style()
        assert tuple(matplotlib.rcParams["axes.prop_cycle"].by_key()["color"]) == plots.CYCLE
    assert plots.COLOURS["real"] != plots.COLOURS["fake"] != plots.COLOURS["discriminator"]
    assert set(plots.COLOURS.values()) - set(plots.CYCLE) == {plots.COLOURS["neutral"]}


def test_colours_stay_apart_for_the_colour_blind():
    # Viénot, Brettel and Mollon's (1999) reduction of linear RGB for red- and for green-blindness.
    reductions = [
        [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
        [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
    ]
    players = np.array([matplotlib.colors.to_rgb(plots.COLOURS[name]) for name in ("real", "fake", "discriminator")])
    for reduction in reductions:
        seen = np.clip(players**2.2 @ np.array(reduction).T, 0, 1) ** (1 / 2.2)
        distances = [np.linalg.norm(seen[i] - seen[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
        assert min(distances) > 0.2


# --- grids


def test_a_mosaic_holds_the_images_row_by_row():
    images = torch.arange(5, dtype=torch.uint8).reshape(5, 1, 1, 1).expand(5, 1, 4, 6) * 10
    sheet = mosaic(images, columns=3, gap=2)
    assert sheet.shape == (4 + 2 + 4, 6 * 3 + 2 * 2, 3)
    assert [sheet[0, 0, 0], sheet[0, 8, 0], sheet[0, 16, 0], sheet[6, 0, 0], sheet[6, 8, 0]] == [0, 10, 20, 30, 40]
    assert (sheet[4:6] == 255).all()
    assert (sheet[6:, 16:] == 255).all()


def test_float_images_are_drawn_from_black_at_minus_one_to_white_at_one():
    images = torch.tensor([-1.0, 0.0, 1.0, 7.0]).reshape(4, 1, 1, 1)
    assert mosaic(images, columns=4, gap=0)[0, :, 0].tolist() == [0, 128, 255, 255]


def test_a_grid_magnifies_by_a_whole_number_and_keeps_every_pixel():
    images = torch.randint(0, 256, (4, 3, 16, 16), dtype=torch.uint8)
    drawn = np.asarray(picture(plots.image_grid(images, columns=4)))
    assert drawn.shape == (144, 4 * 144 + 3 * 3, 3)
    first = images[0].permute(1, 2, 0).numpy().repeat(9, axis=0).repeat(9, axis=1)
    assert np.array_equal(drawn[:, :144], first)


def test_a_grid_has_titles_by_column_or_by_image_and_labels_by_row():
    images = torch.zeros(6, 1, 8, 8)

    def texts(**options):
        return [text.get_text() for text in plots.image_grid(images, columns=3, **options).axes[0].texts]

    assert texts(titles=["a", "b", "c"], rows=["x", "y"]) == ["a", "b", "c", "x", "y"]
    assert texts(titles="abcdef") == list("abcdef")


def test_grids_refuse_what_they_cannot_lay_out():
    with pytest.raises(ValueError, match=r"^images: got shape \(4, 2, 8, 8\), wanted \(n, 1 or 3, h, w\)$"):
        plots.image_grid(torch.zeros(4, 2, 8, 8))
    with pytest.raises(ValueError, match=r"^titles: got 3, wanted one a column \(2\) or one an image \(4\)$"):
        plots.image_grid(torch.zeros(4, 1, 8, 8), columns=2, titles="abc")
    with pytest.raises(ValueError, match=r"^rows: got 3 labels, wanted one a row \(2\)$"):
        plots.image_grid(torch.zeros(4, 1, 8, 8), columns=2, rows="abc")


def test_a_receptive_field_is_framed_around_its_centre():
    frames = plots.receptive_field(torch.zeros(1, 64, 64), 16, centre=(20, 40)).axes[0].patches
    corners = {(frame.get_x(), frame.get_y(), frame.get_width()) for frame in frames[1:]}
    assert corners == {(32.0, 12.0, 16)}


# --- curves and planes


def test_the_running_mean_shifts_nothing():
    line = np.arange(100.0)
    np.testing.assert_allclose(smoothed(line, 9)[4:-4], line[4:-4])
    np.testing.assert_allclose(smoothed(np.ones(30), 7), 1)
    spike = np.zeros(21)
    spike[10] = 5
    np.testing.assert_allclose(smoothed(spike, 5)[8:13], 1)


def test_several_runs_become_their_mean_in_a_band():
    (axes,) = plots.curves({"score": [[0.0, 2.0], [2.0, 6.0]]}, x=[10, 20]).axes
    assert axes.lines[0].get_xydata().tolist() == [[10, 1], [20, 4]]
    assert axes.collections[0].get_paths()[0].get_extents().bounds == (10, 0, 10, 6)


def test_players_have_their_colours_wherever_they_stand():
    (axes,) = plots.curves({"generator loss": [1, 2], "D_real": [1, 2], "fake": [0, 1]}).axes
    assert [line.get_color() for line in axes.lines] == [plots.COLOURS[name] for name in ("fake", "real", "fake")]


def test_the_field_is_scaled_as_probabilities_or_around_a_logit_of_zero():
    axes = plots.field(lambda z: torch.sigmoid(z[:, 0])).axes[0]
    assert axes.collections[0].get_clim() == (0, 1)
    axes = plots.field(lambda z: 3 * z[:, 0], limits=(-1, 2)).axes[0]
    assert axes.collections[0].get_clim() == pytest.approx((-6, 6))


def test_the_arrows_of_the_field_point_up_the_slope():
    arrows = plots.field(lambda z: -2 * z[:, 1]).axes[0].collections[-1]
    np.testing.assert_allclose(arrows.U, 0, atol=1e-6)
    np.testing.assert_allclose(arrows.V, -1, atol=1e-6)


def test_panels_are_drawn_into():
    figure, axes = plots.panels(1, 2)
    assert plots.curves({"a": [1, 2]}, axes=axes[0]) is figure
    plots.scatter(torch.zeros(3, 2), None, axes=axes[1])
    assert [len(axes[0].lines), len(axes[1].collections)] == [1, 1]


# --- pages


def test_a_plot_keeps_its_look_in_the_smaller_png_and_in_the_page():
    figure = plots.curves({"generator": torch.rand(500)})
    original = np.asarray(picture(figure), int)
    data, _ = bundle(figure, "x")
    page = base64.b64decode(data["text/html"].split("base64,")[1].split('"')[0])
    for content in (base64.b64decode(data["image/png"]), page):
        assert np.abs(pixels_of(content) - original).max() <= 32
        assert np.abs(pixels_of(content) - original).mean() < 1


def test_grey_grids_are_kept_to_the_last_level():
    figure = plots.image_grid(torch.rand(16, 1, 32, 32))
    assert np.array_equal(pixels_of(plots.png(figure)), np.asarray(picture(figure)))
    assert Image.open(io.BytesIO(plots.png(figure))).mode == "L"


def test_photographs_are_kept_small():
    smooth = F.interpolate(torch.rand(8, 3, 8, 8), 64, mode="bicubic") * 2 - 1
    data, _ = bundle(plots.image_grid(smooth + 0.1 * torch.randn(8, 3, 64, 64)), "x")
    assert len(data["image/png"]) + len(data["text/html"]) < 8 * 64 * 64 * 4 * 3


def test_photographs_through_and_through_are_whole_in_the_page_and_a_third_as_wide_in_the_png():
    figure = plots.image_grid(F.interpolate(torch.rand(3, 3, 24, 24), 200, mode="bicubic").clamp(0, 1) * 2 - 1)
    data, metadata = bundle(figure, "x")
    whole, (wide, high) = picture(figure).size, Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).size
    page = Image.open(io.BytesIO(base64.b64decode(data["text/html"].split("base64,")[1].split('"')[0])))
    assert page.size == whole
    assert (wide, high) == ((whole[0] + 2) // 3, (whole[1] + 2) // 3)
    shown = metadata["image/png"]
    assert (shown["width"], shown["height"]) == whole, "it would look like a stamp"


def test_alternative_text_and_key_go_into_the_metadata_and_markup_into_none():
    data, metadata = bundle(plots.curves({"a": [1, 2]}), 'D* < 1 & "so on"', key=True)
    shown = {"alt": 'D* < 1 & "so on"', "width": 720, "height": 288}
    assert metadata == {"image/png": shown, "course_gan": {"key": True}}
    assert data["text/plain"] == 'D* < 1 & "so on"'
    assert '<img alt="D* &lt; 1 &amp; &quot;so on&quot;"' in data["text/html"]


def test_outside_a_notebook_the_caption_is_printed(capsys):
    plots.show(plots.curves({"a": [1, 2]}), "A line that rises.")
    assert capsys.readouterr().out == "A line that rises.\n"


def test_plots_work_where_ipython_is_not_installed():
    code = "import sys; sys.modules['IPython'] = None; from course_gan import plots;"
    code += "live = plots.LiveFigure(); live.update({'a': 1.0}); plots.show(live.figure(), 'fine');"
    code += "assert 'matplotlib.pyplot' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("fine\n", 0), done.stderr


# --- live figure


def test_the_live_figure_keeps_every_record_and_draws_nothing_by_itself():
    live = plots.LiveFigure(["generator"])
    for step in range(5):
        live.update(SimpleNamespace(step=10 * step, values={"generator": torch.tensor(step / 2), "norm": 1.0}))
    (axes,) = live.figure().axes
    assert axes.lines[0].get_xydata().tolist() == [[10 * step, step / 2] for step in range(5)]
    live.update({"generator": 7.0, "step": 99})
    assert (live.figure().axes[0].lines[0].get_xydata()[-1] == [99, 7]).all()


def test_a_live_figure_with_no_next_drawing_is_drawn_when_asked_only(monkeypatch):
    drawn = []
    monkeypatch.setattr(live_module, "in_notebook", lambda: True)
    monkeypatch.setattr(plots.LiveFigure, "_redraw", lambda self: drawn.append(self.every))
    for every in (math.inf, 0.0):
        plots.LiveFigure(every=every).update({"loss": 1.0})
    assert drawn == [0.0]


def test_a_record_without_a_step_is_counted():
    live = plots.LiveFigure()
    for _ in range(3):
        live.update({"loss": 1.0})
    live.figure()
    live.update({"loss": 1.0})
    live.figure()
    assert live.steps == [0, 1, 2, 3]


@pytest.mark.parametrize("samples", [torch.rand(20, 1, 8, 8), torch.randn(30, 2)])
def test_losses_stand_above_the_samples(samples):
    live = plots.LiveFigure(real=torch.randn(30, 2))
    live.update({"generator": 1.0}, lambda: samples)
    above, below = live.figure().axes
    assert above.get_position().y0 >= 0
    top, bottom = (axes.get_window_extent() for axes in (above, below))
    assert top.y0 > bottom.y1
    assert len(below.images) == (samples.ndim == 4)


NOTEBOOK = [
    "import torch\nfrom course_gan import plots\nplots.show(plots.curves({'a': [1, 2]}), 'Rises.', key=True)",
    """live = plots.LiveFigure(every=0, caption="It trains.")
for step in range(12):
    live.update({"generator": torch.rand(())}, torch.rand(16, 1, 8, 8))""",
    """live = plots.LiveFigure(every=0, caption="It was stopped.")
try:
    for step in range(9):
        live.update({"generator": float(step)}, lambda: torch.randn(9, 2))
        live.every = 100
        if step == 7:
            raise KeyboardInterrupt
except KeyboardInterrupt:
    pass""",
    "live.figure()\nlive.steps",
]


def test_an_executed_notebook_holds_one_picture_a_figure_with_words_for_it():
    nbformat = pytest.importorskip("nbformat.v4")
    client = pytest.importorskip("nbclient")
    exporters = pytest.importorskip("nbconvert")
    notebook = nbformat.new_notebook(cells=[nbformat.new_code_cell(source) for source in NOTEBOOK])
    client.NotebookClient(notebook, kernel_name="python3", timeout=120).execute()
    captions = ["Rises.", "It trains.", "It was stopped."]
    for cell, caption in zip(notebook.cells, captions):
        (output,) = cell.outputs
        assert output.metadata["image/png"]["alt"] == caption
        assert {"image/png", "text/html"} < set(output.data)
    assert notebook.cells[0].outputs[0].metadata["course_gan"]["key"] is True
    assert notebook.cells[3].outputs[0].data["text/plain"] == "[0, 1, 2, 3, 4, 5, 6, 7]"
    page, _ = exporters.HTMLExporter(template_name="lab").from_notebook_node(notebook)
    for caption in captions:
        assert f'alt="{caption}"' in page
        assert f"{caption}</figcaption>" in page
    assert "No description has been provided" not in page
