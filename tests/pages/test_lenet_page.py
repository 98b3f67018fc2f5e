"""The page on LeNet: what it prints, what it says of the installed torch, and the reference."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from tests.rungs.agreement import largest_relative_difference
from twolayer.lenet import LeNet, training_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pages.expectations import Run

SCRIPT = Path(__file__).parents[2] / "gallery" / "networks" / "lenet.py"
CLASSES = torch.tensor([3, 1, 4, 1])


@pytest.fixture(scope="module")
def page(runs: Callable[[Path], Run]) -> Run:
    """The page's one run."""
    run = runs(SCRIPT)
    assert (run.done.returncode, run.done.stderr) == (0, "")
    return run


def reference() -> tuple[LeNet, torch.Tensor]:
    """The package's network and random images, drawn after the page's seed in its order."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return LeNet(), torch.randn(4, 1, 32, 32)


def mean_squared_error(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The page's loss: the mean of squared differences to ones in the classes' places."""
    rows = torch.eye(10)[targets]
    return ((outputs - rows) ** 2).sum() / rows.numel()


# The page and the reference


def test_page_has_the_references_network(page: Run) -> None:
    """With the same seed, the page's network gives the reference's output and gradient."""
    net, images = reference()
    outputs = net(images)
    mean_squared_error(outputs, CLASSES).backward()
    gradient = net.get_parameter("conv1.bias").grad
    assert gradient is not None
    for label, values, digits in (
        ("output of the first image:", outputs[0], 3),
        ("conv1.bias.grad after:", gradient, 5),
    ):
        expected = pytest.approx(values.tolist(), abs=0.6 * 10**-digits)
        assert json.loads(page.after(label)) == expected


def test_page_gives_the_references_losses(page: Run) -> None:
    """The first 20 losses of the page's loop are those of the reference's training step."""
    net, images = reference()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    losses = [
        training_step(net, optimizer, images, CLASSES, loss_function=mean_squared_error)
        for _ in range(21)
    ]
    assert len(page.values["losses"]) == 200
    assert largest_relative_difference(page.values["losses"][:20], losses[:20]) <= 1e-5
    expected = " ".join(f"{losses[t]:.4f}" for t in (0, 1, 10, 20))
    assert page.after("losses at steps 0, 1, 10, 20:") == expected


def test_the_network_learns_frequencies_and_then_the_images(page: Run) -> None:
    """At step 20 it guesses the most frequent class for all; in the end, each image's own."""
    rows = torch.eye(10)[CLASSES]
    best = float(((rows - rows.mean(dim=0)) ** 2).mean())
    assert float(page.after("loss of the best constant answer:")) == pytest.approx(best, abs=1e-4)
    assert page.values["losses"][20] == pytest.approx(best, rel=0.1)

    net, images = reference()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    guesses = {}
    for t in range(200):
        guesses[t] = net(images).argmax(dim=1).tolist()
        training_step(net, optimizer, images, CLASSES, loss_function=mean_squared_error)
    assert guesses[20] == [CLASSES.mode().values.item()] * 4
    assert guesses[199] == CLASSES.tolist()
    expected = f"{CLASSES.tolist()}   at step 20 {guesses[20]}   at the end {guesses[199]}"
    assert page.after("classes") == expected
    assert page.values["losses"][-1] < 0.001
    shown = float(page.after("last loss, this build:"))
    assert shown == pytest.approx(page.values["losses"][-1], abs=1e-7)


def test_page_prints_the_ten_parameters(page: Run) -> None:
    """The page's table has the reference's ten parameters, their shapes and how many numbers."""
    printed = re.findall(
        r"(?m)^((?:conv|fc)\d\.(?:weight|bias)) +(\([\d, ]+\)) +(\d+)$", page.output
    )
    params = dict(reference()[0].named_parameters())
    expected = [(name, str(tuple(p.shape)), str(p.numel())) for name, p in params.items()]
    assert printed == expected
    count = sum(param.numel() for param in params.values())
    assert f"\n10 parameters, {count} elements\n" in page.output
    assert page.after("in fc1 alone:") == f"{48000 / count:.0%}"


def test_shapes_are_asserted_not_commented() -> None:
    """The page's forward asserts shapes; a smaller or larger image stops it."""
    source = SCRIPT.read_text(encoding="utf-8")
    forward = source[source.index("def forward") : source.index("torch.manual_seed(0)")]
    assert forward.count("assert x.shape") == 3
    assert "#" not in forward
    # Without the first assertion, 33 pixels would pass as 32: pooling drops a row and a column.
    pool = torch.nn.functional.max_pool2d
    assert pool(reference()[0].conv1(torch.zeros(1, 33, 33)), 2).shape == (6, 14, 14)


# Corrections


def test_convolutions_take_one_sample_and_batch_norm_does_not(page: Run) -> None:
    """Conv2d and pooling take (C, H, W); BatchNorm2d refuses it and takes a batch of one."""
    image = torch.zeros(1, 32, 32)
    maps = torch.nn.Conv2d(1, 6, 5)(image)
    assert torch.nn.functional.max_pool2d(maps, 2).shape == (6, 14, 14)
    norm = torch.nn.BatchNorm2d(1)
    with pytest.raises(ValueError, match=r"expected 4D input \(got 3D input\)") as caught:
        norm(image)
    assert norm(image.unsqueeze(0)).shape == (1, 1, 32, 32)
    assert page.after("BatchNorm2d:") == str(caught.value)
    assert page.after("BatchNorm2d, a batch of one:") == "(1, 1, 32, 32)"
    net, images = reference()
    score = f"{net(images)[0, 0]:.4f}"
    assert page.after("(1, 32, 32) -> (10,)") == f"first score {score}, in the batch {score}"


def test_flatten_from_the_front_takes_channels_for_samples(page: Run) -> None:
    """Of one sample, ``flatten(x, 1)`` makes a row for each channel without an error."""
    maps = torch.zeros(16, 5, 5)
    assert torch.flatten(maps, 1).shape == (16, 25)
    assert torch.flatten(maps, -3).shape == (400,)
    assert page.after("flatten(x, 1):") == "(16, 5, 5) -> (16, 25)"
    assert page.after("other layer:") == "(16, 10) for one image"
    assert page.after("flatten(x, -3):") == "(16, 5, 5) -> (400,)"
    assert "\nfc1: mat1 and mat2 shapes cannot be multiplied (16x25 and 400x120)\n" in page.output


def test_a_number_written_into_view_cuts_images_elsewhere(page: Run) -> None:
    """With the count of another size, ``view`` makes fewer rows than images; a count of each image's own is refused."""
    squares = torch.nn.Conv2d(1, 6, 3), torch.nn.Conv2d(6, 16, 3)
    for side, maps_side in ((32, 6), (28, 5)):
        maps = torch.zeros(36, 1, side, side)
        for conv in squares:
            maps = torch.nn.functional.max_pool2d(conv(maps), 2)
        assert maps.shape == (36, 16, maps_side, maps_side)
    rows = maps.view(-1, 16 * 6 * 6)
    assert rows.shape == (25, 576)
    assert page.after("view(-1, 576):") == "(36, 16, 5, 5) -> (25, 576)   scores (25, 120)"
    assert maps.view(-1, maps.shape[1:].numel()).shape == (36, 400)
    assert "fc1: mat1 and mat2 shapes cannot be multiplied (36x400 and 576x120)" in page.output
    # What stands in the old notes: 3 by 3, and as many numbers as those layers have.
    linear = 576 * 120 + 120 + 120 * 84 + 84 + 84 * 10 + 10
    assert page.after("elements:").startswith(str(6 * 9 + 6 + 16 * 6 * 9 + 16 + linear))


def test_mean_divides_by_entries(page: Run) -> None:
    """The default loss is the sum over all 40 entries by 40, not by 4 images, and of shape ()."""
    output, target = torch.ones(4, 10), torch.zeros(4, 10)
    loss = torch.nn.MSELoss()(output, target)
    assert (loss.shape, loss.item()) == ((), 1.0)
    assert torch.nn.MSELoss(reduction="sum")(output, target).item() == 40.0
    assert page.after("target (4, 10)").startswith("loss ()   0.")
    assert page.after("sum / mean") == "40.0   elements 40"


def test_the_graph_is_walked_to_every_parameter(page: Run) -> None:
    """The printed graph is the loss's, each end naming a parameter once, with its shape."""
    net, images = reference()
    names = {param: name for name, param in net.named_parameters()}
    lines = []
    todo = [(torch.nn.functional.mse_loss(net(images), torch.zeros(4, 10)).grad_fn, 0)]
    while todo:
        function, depth = todo.pop()
        assert function is not None
        line = "  " * depth + function.name().removeprefix("torch::autograd::")
        if "AccumulateGrad" in line:
            leaf = function.variable  # type: ignore[attr-defined]  # torch's stub has none
            line += f"  {names.pop(leaf)} {tuple(leaf.shape)}"
        lines.append(line)
        following = [(after, depth + 1) for after, _ in function.next_functions if after]
        todo += reversed(following)
    assert names == {}
    assert "\n" + "\n".join(lines) + "\n" in page.output


def test_walking_by_index_ends_at_a_bias(page: Run) -> None:
    """Two steps of ``next_functions[0][0]`` end at a bias's AccumulateGrad, not at ReLU."""
    net, images = reference()
    loss = torch.nn.functional.mse_loss(net(images), torch.zeros(4, 10))
    assert loss.grad_fn is not None
    linear = loss.grad_fn.next_functions[0][0]
    assert linear is not None
    arrived = linear.next_functions[0][0]
    assert arrived is not None
    assert arrived.variable is net.fc3.bias  # type: ignore[attr-defined]  # torch's stub has none
    assert page.after("by index:") == "AccumulateGrad fc3.bias"
    relu = next(f for f, _ in linear.next_functions if f is not None and "Relu" in f.name())
    behind = relu.next_functions[0][0]
    assert behind is not None
    assert page.after("by name: ") == f"{relu.name()} which leads to {behind.name()}"
    assert behind.name() == "AddmmBackward0"
    assert page.after("first in conv1:") == "None"


def test_zero_grad_sets_none_on_every_parameter(page: Run) -> None:
    """After ``zero_grad`` gradients are None, and ``backward`` fills those of all ten."""
    net, images = reference()
    net(images).backward(torch.ones(4, 10))
    assert all(p.grad is not None and p.grad.shape == p.shape for p in net.parameters())
    net.zero_grad()
    assert [p.grad for p in net.parameters()] == [None] * 10
    assert page.after("gradients with their parameter's shape:") == "10"
    assert page.after("after zero_grad:") == "{None}"
    assert page.after("conv1.bias.grad before:") == "None"


def test_the_update_lowers_the_loss(page: Run) -> None:
    """One update by hand gives the loss that the loop has after its first step."""
    before, after = re.findall(r"\d\.\d{4}", page.after("loss before"))
    assert [before, after] == [f"{loss:.4f}" for loss in page.values["losses"][:2]]
    assert float(after) < float(before)


def test_page_leads_on() -> None:
    """The page names the rungs that it stands on, and the next page."""
    source = SCRIPT.read_text(encoding="utf-8")
    assert all(f"``{rung}``" in source for rung in ("custom_module", "optimizers"))
    assert source.splitlines()[-1].startswith("# Next: ``data_loading`` ")
