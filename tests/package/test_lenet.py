"""LeNet and its training step."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from twolayer.lenet import LeNet, accuracy, training_step

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPES = {
    "conv1.weight": (6, 1, 5, 5),
    "conv1.bias": (6,),
    "conv2.weight": (16, 6, 5, 5),
    "conv2.bias": (16,),
    "fc1.weight": (120, 400),
    "fc1.bias": (120,),
    "fc2.weight": (84, 120),
    "fc2.bias": (84,),
    "fc3.weight": (10, 84),
    "fc3.bias": (10,),
}


def network(dtype: torch.dtype = torch.float64) -> LeNet:
    """The network with seed 0, the generator left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return LeNet().to(dtype)


def batch(N: int = 4, dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    """Random images and classes."""
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(N, 1, 32, 32, dtype=dtype, generator=generator)
    return images, torch.randint(10, (N,), generator=generator)


def sgd(model: torch.nn.Module, learning_rate: float = 0.1) -> torch.optim.SGD:
    """Plain gradient descent."""
    return torch.optim.SGD(model.parameters(), lr=learning_rate)


def copies(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Copies of a network's parameters."""
    return {name: param.detach().clone() for name, param in model.named_parameters()}


# The network


def test_the_ten_parameters() -> None:
    """Ten parameters have the paper's sizes, and as many numbers as those sizes make."""
    params = dict(network().named_parameters())
    assert {name: tuple(param.shape) for name, param in params.items()} == SHAPES
    # A layer has a weight for each output and each input that it sees, and a bias for each output.
    layers = ((6, 1 * 25), (16, 6 * 25), (120, 16 * 25), (84, 120), (10, 84))
    assert sum(param.numel() for param in params.values()) == sum(
        outputs * (inputs + 1) for outputs, inputs in layers
    )


@settings(max_examples=20)
@given(N=st.integers(0, 9))
def test_a_batch_gets_ten_numbers_an_image(N: int) -> None:
    """Any batch, an empty one too, is answered with a row of ten for each image."""
    assert network()(batch(N)[0]).shape == (N, 10)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
@settings(max_examples=10)
@given(N=st.integers(1, 5))
def test_one_image_is_answered_in_kind(dtype: torch.dtype, tolerance: float, N: int) -> None:
    """One image gets ten numbers, those that it gets in a batch of one or of several."""
    net, (images, _) = network(dtype), batch(N, dtype)
    rows = net(images)
    for image, row in zip(images, rows, strict=True):
        single = net(image)
        assert single.shape == (10,)
        assert (single - net(image.unsqueeze(0))[0]).abs().max() <= tolerance
        assert (single - row).abs().max() <= tolerance


def by_hand(params: dict[str, torch.Tensor], image: torch.Tensor) -> torch.Tensor:
    """The network's answer to one image, from sums of products over windows."""
    maps = image
    for layer in ("conv1", "conv2"):
        weight, bias = params[f"{layer}.weight"], params[f"{layer}.bias"]
        windows = maps.unfold(1, 5, 1).unfold(2, 5, 1)
        maps = torch.einsum("oikl,irckl->orc", weight, windows) + bias[:, None, None]
        maps = maps.unfold(1, 2, 2).unfold(2, 2, 2).amax(dim=(-2, -1)).clamp(min=0)
    h = maps.reshape(400)
    for layer in ("fc1", "fc2"):
        h = (params[f"{layer}.weight"] @ h + params[f"{layer}.bias"]).clamp(min=0)
    return params["fc3.weight"] @ h + params["fc3.bias"]


def test_forward_is_the_formula() -> None:
    """The network computes convolutions, ReLUs, maxima and products, as written out by hand."""
    net, (images, _) = network(), batch()
    params = copies(net)
    expected = torch.stack([by_hand(params, image) for image in images])
    assert (net(images) - expected).abs().max() <= 1e-12


def test_gradients_are_those_of_differences() -> None:
    """Entries of each parameter's gradient equal central differences of the loss."""
    net, (images, targets) = network(), batch()

    def loss() -> torch.Tensor:
        return torch.nn.functional.cross_entropy(net(images), targets)

    loss().backward()
    generator = torch.Generator().manual_seed(2)
    step = 1e-6
    for param in net.parameters():
        assert param.grad is not None
        scale = param.grad.abs().max()
        for i in torch.randint(param.numel(), (3,), generator=generator).tolist():
            with torch.no_grad():
                entry = param.view(-1)[i]
                value = entry.clone()
                entry.copy_(value + step)
                above = loss()
                entry.copy_(value - step)
                below = loss()
                entry.copy_(value)
            difference = (above - below) / (2 * step)
            assert (param.grad.view(-1)[i] - difference).abs() <= 1e-5 * scale


def test_works_with_torch_func() -> None:
    """Per-sample gradients by ``vmap`` over single images add up to the batch's."""
    net, (images, targets) = network(), batch()
    params = copies(net)

    def loss(
        params: dict[str, torch.Tensor], image: torch.Tensor, target: torch.Tensor
    ) -> torch.Tensor:
        output = torch.func.functional_call(net, params, (image,))
        return torch.nn.functional.cross_entropy(output, target)

    each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(params, images, targets)
    torch.nn.functional.cross_entropy(net(images), targets, reduction="sum").backward()
    for name, param in net.named_parameters():
        assert param.grad is not None
        assert torch.allclose(each[name].sum(dim=0), param.grad, rtol=1e-9, atol=1e-12)


WANTED = "want (N, 1, 32, 32), or (1, 32, 32) for one image"
HINT = "; images.unsqueeze(-3) adds a channel dimension"


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((4, 1, 28, 28), ""),
        ((4, 1, 33, 33), ""),  # without the check, pooling would drop a row and a column
        ((4, 1, 32, 31), ""),
        ((4, 3, 32, 32), ""),
        ((3, 32, 32), HINT),
        ((4, 32, 32), HINT),
        ((0, 32, 32), HINT),
        ((32, 32), HINT),
        ((1, 28, 28), ""),
        ((2, 4, 1, 32, 32), ""),
        ((4, 1024), ""),
        ((), ""),
    ],
)
def test_refuses_other_shapes(shape: tuple[int, ...], hint: str) -> None:
    """Images of another size, channel count or rank are refused with both shapes."""
    with pytest.raises(ValueError, match="images") as caught:
        network()(torch.zeros(shape, dtype=torch.float64))
    assert str(caught.value) == f"images: shape {shape} given; {WANTED}{hint}"


@pytest.mark.parametrize("shape", [(4, 32, 32), (32, 32)])
def test_the_hint_helps(shape: tuple[int, ...]) -> None:
    """What the error advises makes the images acceptable."""
    images = torch.zeros(shape, dtype=torch.float64).unsqueeze(-3)
    assert network()(images).shape == (*shape[:-2], 10)


@pytest.mark.parametrize(
    ("images", "error", "message"),
    [
        ([[0.0]], TypeError, "images: [[0.0]] (list) given; want an instance of Tensor"),
        (None, TypeError, "images: None (NoneType) given; want an instance of Tensor"),
        (
            torch.zeros(1, 32, 32, dtype=torch.uint8),
            TypeError,
            "images: dtype torch.uint8 given; want torch.float64, as the parameters have",
        ),
        (
            torch.zeros(1, 32, 32),
            TypeError,
            "images: dtype torch.float32 given; want torch.float64, as the parameters have",
        ),
        (
            torch.zeros(1, 32, 32, dtype=torch.float64, device="meta"),
            ValueError,
            "images: device meta given; want cpu, where the parameters are",
        ),
    ],
)
def test_refuses_what_the_parameters_cannot_meet(
    images: Any, error: type[Exception], message: str
) -> None:
    """What is no tensor, or has another dtype or device than the parameters, is refused."""
    with pytest.raises(error) as caught:
        network()(images)
    assert str(caught.value) == message


def test_flatten_from_the_front_is_silently_wrong_for_one_sample() -> None:
    """``flatten(x, 1)`` makes rows of one sample's channels and raises nothing."""
    one, several = torch.zeros(16, 5, 5), torch.zeros(4, 16, 5, 5)
    assert torch.flatten(several, 1).shape == (4, 400)
    assert torch.flatten(one, 1).shape == (16, 25)
    assert torch.nn.Linear(25, 10)(torch.flatten(one, 1)).shape == (16, 10)
    assert torch.flatten(several, -3).shape == (4, 400)
    assert torch.flatten(one, -3).shape == (400,)


# The training step


def mean_squared_error(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The loss that the page on LeNet takes."""
    rows = torch.nn.functional.one_hot(targets, 10).to(outputs.dtype)
    return torch.nn.functional.mse_loss(outputs, rows)


def test_a_step_is_the_one_by_hand() -> None:
    """The step moves each parameter by the rate times the gradient and returns the loss before."""
    net, (images, targets) = network(), batch()
    before = copies(net)
    outputs = net(images)
    log_share = outputs - outputs.logsumexp(dim=1, keepdim=True)
    loss = -log_share[torch.arange(4), targets].mean()
    gradients = torch.autograd.grad(loss, list(net.parameters()))

    value = training_step(net, sgd(net, 0.5), images, targets)
    assert isinstance(value, float)
    assert value == pytest.approx(loss.item(), rel=1e-12)
    for (name, param), gradient in zip(net.named_parameters(), gradients, strict=True):
        assert torch.allclose(param, before[name] - 0.5 * gradient, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("loss_function", [None, mean_squared_error])
def test_steps_lower_the_loss(
    loss_function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor] | None,
) -> None:
    """On a fixed batch, each of several small steps lowers the loss, whichever it is."""
    net, (images, targets) = network(), batch()
    options = {} if loss_function is None else {"loss_function": loss_function}
    optimizer = sgd(net, 0.01)
    losses = [training_step(net, optimizer, images, targets, **options) for _ in range(10)]
    assert all(later < earlier for earlier, later in pairwise(losses))
    if loss_function is not None:
        assert losses[0] == mean_squared_error(network()(images), targets).item()


def test_a_step_forgets_older_gradients() -> None:
    """What an earlier backward has left doesn't move the parameters."""
    images, targets = batch()
    fresh, used = network(), network()
    (1000 * used(images)).sum().backward()
    for net in (fresh, used):
        training_step(net, sgd(net), images, targets)
    for one, other in zip(fresh.parameters(), used.parameters(), strict=True):
        assert torch.equal(one, other)


def test_inputs_stay_as_they_are() -> None:
    """Neither a step nor a measurement changes the images or the targets."""
    net, (images, targets) = network(), batch()
    training_step(net, sgd(net), images, targets)
    accuracy(net, images, targets)
    net(images[0])
    expected = batch()
    assert torch.equal(images, expected[0])
    assert torch.equal(targets, expected[1])
    assert images.grad is None


Measure = {
    "training_step": lambda net, images, targets: training_step(net, sgd(net), images, targets),
    "accuracy": accuracy,
}
every_measure = pytest.mark.parametrize("measure", Measure.values(), ids=Measure)
IMAGES, TARGETS = batch()
NO_BATCH = "images: shape (1, 32, 32) given; want (N, 1, 32, 32), with N 1 or more"


@every_measure
@pytest.mark.parametrize(
    ("images", "targets", "error", "message"),
    [
        (
            IMAGES[0],
            TARGETS[:1],
            ValueError,
            NO_BATCH + "; images.unsqueeze(0) makes a batch of one",
        ),
        (
            IMAGES[:0],
            TARGETS[:0],
            ValueError,
            "images: shape (0, 1, 32, 32) given; want (N, 1, 32, 32), with N 1 or more",
        ),
        (
            IMAGES[:, 0],
            TARGETS,
            ValueError,
            "images: shape (4, 32, 32) given; want (N, 1, 32, 32), with N 1 or more" + HINT,
        ),
        (IMAGES.float(), TARGETS, TypeError, "images: dtype torch.float32 given; want torch.flo"),
        (IMAGES.tolist(), TARGETS, TypeError, "images: a value of type list given; want an insta"),
        (IMAGES, [3, 1, 4, 1], TypeError, "targets: [3, 1, 4, 1] (list) given; want an instance"),
        (
            IMAGES,
            TARGETS.int(),
            TypeError,
            "targets: dtype torch.int32 given; want torch.int64, the number of a class",
        ),
        (
            IMAGES,
            torch.nn.functional.one_hot(TARGETS, 10),
            ValueError,
            "targets: shape (4, 10) given; want (4,), a class for each image",
        ),
        (IMAGES, TARGETS[:3], ValueError, "targets: shape (3,) given; want (4,), a class for"),
        (
            IMAGES,
            TARGETS.to("meta"),
            ValueError,
            "targets: device meta given; want cpu, where the im",
        ),
        (
            IMAGES,
            torch.tensor([3, 1, 10, 12]),
            ValueError,
            "targets: 10 given at [2]; want classes from 0 to 9",
        ),
        (
            IMAGES,
            torch.tensor([3, -100, 4, 1]),  # which cross_entropy would skip silently
            ValueError,
            "targets: -100 given at [1]; want classes from 0 to 9",
        ),
    ],
)
def test_refuses_bad_batches(
    measure: Callable[..., float],
    images: Any,
    targets: Any,
    error: type[Exception],
    message: str,
) -> None:
    """A bad batch is named with what it has and what is wanted, and changes no parameter."""
    net = network()
    with pytest.raises(error) as caught:
        measure(net, images, targets)
    assert str(caught.value).startswith(message)
    for name, start in copies(network()).items():
        assert torch.equal(net.get_parameter(name), start)
    assert net.training


@every_measure
def test_refuses_models_with_other_outputs(measure: Callable[..., float]) -> None:
    """Another network must give ten outputs for each image, and must be a module."""
    flat = torch.nn.Flatten()
    nine = torch.nn.Sequential(flat, torch.nn.Linear(1024, 9, dtype=torch.float64))
    with pytest.raises(ValueError, match="model") as caught:
        measure(nine, IMAGES, TARGETS)
    message = "model: returned shape (4, 9); want (4, 10), ten outputs for each image"
    assert str(caught.value) == message
    ten = torch.nn.Sequential(flat, torch.nn.Linear(1024, 10, dtype=torch.float64))
    assert measure(ten, IMAGES, TARGETS) >= 0
    ten.register_forward_hook(lambda _module, _args, output: (output, None))
    with pytest.raises(TypeError, match="model's outputs: a value of type tuple given; want"):
        measure(ten, IMAGES, TARGETS)


def test_refuses_what_is_no_model_or_optimizer() -> None:
    """A function is no model, and a learning rate no optimizer."""
    net: Any = network()
    no_model: Any = 3
    with pytest.raises(TypeError) as caught:
        training_step(no_model, sgd(net), IMAGES, TARGETS)
    assert str(caught.value) == "model: 3 (int) given; want an instance of Module"
    with pytest.raises(TypeError) as caught:
        accuracy(no_model, IMAGES, TARGETS)
    assert str(caught.value) == "model: 3 (int) given; want an instance of Module"
    rate: Any = 0.1
    with pytest.raises(TypeError, match=r"optimizer: 0\.1 \(float\) given; want an instance of Op"):
        training_step(net, rate, IMAGES, TARGETS)


def test_refuses_an_optimizer_of_another_network() -> None:
    """An optimizer that would leave the network as it is is refused; one for a part isn't."""
    net = network()
    with pytest.raises(ValueError, match="optimizer") as caught:
        training_step(net, sgd(network()), IMAGES, TARGETS)
    assert str(caught.value) == (
        "optimizer: it updates no parameter of the model; want one made from its parameters"
    )
    before = copies(net)
    training_step(net, sgd(net.fc3), IMAGES, TARGETS)
    moved = {name for name, param in net.named_parameters() if not torch.equal(param, before[name])}
    assert moved == {"fc3.weight", "fc3.bias"}


def test_refuses_losses_that_no_step_can_follow() -> None:
    """A loss that isn't one number, or isn't finite, raises before anything changes."""
    net = network()
    per_image: Any = torch.nn.CrossEntropyLoss(reduction="none")
    with pytest.raises(ValueError, match=r"loss_function: returned shape \(4,\); want \(\)"):
        training_step(net, sgd(net), IMAGES, TARGETS, loss_function=per_image)
    number: Any = lambda _outputs, _targets: 1.0  # noqa: E731
    with pytest.raises(TypeError, match=r"loss_function's value: 1\.0 \(float\) given"):
        training_step(net, sgd(net), IMAGES, TARGETS, loss_function=number)
    with pytest.raises(FloatingPointError) as caught:
        training_step(net, sgd(net), IMAGES * torch.nan, TARGETS)
    assert str(caught.value) == (
        "the loss is nan, so the network was not changed; check the images' values, or try a "
        "smaller learning rate"
    )
    for name, start in copies(network()).items():
        assert torch.equal(net.get_parameter(name), start)


# Accuracy


@given(data=st.data())
def test_accuracy_is_the_share_of_right_guesses(data: st.DataObject) -> None:
    """Of N images, the share whose largest output is the target's."""
    N = data.draw(st.integers(1, 8), label="N")
    wrong = data.draw(st.lists(st.booleans(), min_size=N, max_size=N), label="wrong")
    net, (images, _) = network(), batch(N)
    guesses = net(images).argmax(dim=1)
    share = accuracy(net, images, (guesses + torch.tensor(wrong)) % 10)
    assert isinstance(share, float)
    assert share == (N - sum(wrong)) / N


def test_accuracy_leaves_each_modules_mode() -> None:
    """The network is measured in evaluation mode, untracked, and is then as it was."""
    seen = []
    net = network()
    net.conv1.eval()
    net.register_forward_hook(
        lambda module, _args, output: seen.append(
            (any(part.training for part in module.modules()), output.requires_grad)
        )
    )
    accuracy(net, IMAGES, TARGETS)
    with pytest.raises(TypeError):
        accuracy(net, IMAGES.float(), TARGETS)
    assert seen == [(False, False)]
    assert [name for name, module in net.named_modules() if not module.training] == ["conv1"]
