"""LeNet, the convolutional network on the pages about networks, and its training step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from twolayer import checks

if TYPE_CHECKING:
    from collections.abc import Callable

#: The number of classes.
CLASSES = 10
#: The shape of one image, in channels, rows and columns.
IMAGE_SHAPE = (1, 32, 32)

_BATCH_RANK = 1 + len(IMAGE_SHAPE)


class LeNet(torch.nn.Module):
    """A convolutional network that sorts images of 32 by 32 pixels, with one channel, into ten classes.

    It has two blocks of a 5 by 5 convolution, a ReLU and a maximum over squares of 2 by 2 pixels.
    Three linear layers follow, with ReLUs between them. Each of the five layers has a weight and a
    bias, so there are ten parameters. As with any module, the starting values come from PyTorch's
    random generator, and ``to`` moves the network to a different device or dtype.

    The network follows LeNet-5 of Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, "Gradient-based
    learning applied to document recognition", Proceedings of the IEEE 86(11), 1998, and has the same
    sizes. It differs in four ways:

    - It takes the maximum of the four pixels of a square. LeNet-5 adds them up, multiplies the sum
      by a trained coefficient and adds a trained bias.
    - Its activation functions are ReLUs. LeNet-5 has scaled hyperbolic tangents.
    - Each map of its second convolution is connected to all six maps before it. In LeNet-5, most
      maps are connected to only some of them.
    - Its outputs come from a linear layer. In LeNet-5, they are squared distances to a pattern for
      each class.

    Examples:
        >>> net = LeNet()
        >>> net(torch.zeros(4, 1, 32, 32)).shape
        torch.Size([4, 10])
        >>> net(torch.zeros(1, 32, 32)).shape
        torch.Size([10])
        >>> sum(parameter.numel() for parameter in net.parameters())
        61706
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 6, 5)
        self.conv2 = torch.nn.Conv2d(6, 16, 5)
        self.fc1 = torch.nn.Linear(16 * 5 * 5, 120)
        self.fc2 = torch.nn.Linear(120, 84)
        self.fc3 = torch.nn.Linear(84, CLASSES)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Compute a score for each class, for each image.

        Args:
            images: Images, shape (N, 1, 32, 32), or one image, shape (1, 32, 32), with the dtype and
                on the device of the parameters. N may be 0. A tensor of shape (1, 32, 32) is always
                one image with one channel, never a batch without channels.

        Returns:
            A score for each class, shape (N, 10), or (10,) for one image. The class with the largest
            score is the network's guess.

        Raises:
            TypeError: If ``images`` is not a tensor, or doesn't have the parameters' dtype.
            ValueError: If the shape is wrong, or the device is not the parameters' device.

        Examples:
            >>> LeNet()(torch.zeros(4, 32, 32))
            Traceback (most recent call last):
                ...
            ValueError: images: shape (4, 32, 32) given; want (N, 1, 32, 32), or (1, 32, 32) for
            one image; images.unsqueeze(-3) adds a channel dimension
        """
        _check_images(images, self.conv1.weight)
        pool = torch.nn.functional.max_pool2d
        maps = pool(torch.relu(self.conv1(images)), 2)
        maps = pool(torch.relu(self.conv2(maps)), 2)
        # Count from the end, because a single image has no batch dimension.
        h = torch.flatten(maps, start_dim=-3)
        h = torch.relu(self.fc1(h))
        h = torch.relu(self.fc2(h))
        return self.fc3(h)  # type: ignore[no-any-return]  # modules are called through hooks


def training_step(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    images: torch.Tensor,
    targets: torch.Tensor,
    *,
    loss_function: Callable[
        [torch.Tensor, torch.Tensor], torch.Tensor
    ] = torch.nn.functional.cross_entropy,
) -> float:
    """Make one step of training: update a network with the gradients of its loss on a batch.

    Gradients from earlier steps are cleared first. The network keeps its mode, training or
    evaluation. If one of the errors below is raised, the network isn't changed.

    Args:
        model: A ``LeNet``, or another network with ten outputs for each such image.
        optimizer: An optimizer of some or all of the network's parameters.
        images: Images, shape (N, 1, 32, 32), with N 1 or more.
        targets: The class of each image, from 0 to 9, int64, shape (N,).
        loss_function: A function that takes the outputs, shape (N, 10), and the targets, and
            returns the loss, shape ().

    Returns:
        The loss before the update.

    Raises:
        FloatingPointError: If the loss is NaN or infinite.
        TypeError: If an argument has the wrong type or dtype.
        ValueError: If a shape, a class or a device is wrong, or if the optimizer has none of the
            network's parameters.

    Examples:
        >>> net = LeNet()
        >>> optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        >>> images, targets = torch.ones(2, 1, 32, 32), torch.tensor([3, 8])
        >>> first = training_step(net, optimizer, images, targets)
        >>> training_step(net, optimizer, images, targets) < first
        True
    """
    checks.instance("model", model, torch.nn.Module)
    checks.instance("optimizer", optimizer, torch.optim.Optimizer)
    updated = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    if updated.isdisjoint(id(parameter) for parameter in model.parameters()):
        message = (
            "optimizer: it updates no parameter of the model; want one made from its parameters"
        )
        raise ValueError(message)
    outputs = _outputs(model, images, targets)
    loss = checks.instance("loss_function's value", loss_function(outputs, targets), torch.Tensor)
    if loss.shape != ():
        message = f"loss_function: returned shape {tuple(loss.shape)}; want (), one number"
        raise ValueError(message)
    value = loss.item()
    if not math.isfinite(value):
        message = (
            f"the loss is {value}, so the network was not changed; "
            "check the images' values, or try a smaller learning rate"
        )
        raise FloatingPointError(message)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return value


def accuracy(model: torch.nn.Module, images: torch.Tensor, targets: torch.Tensor) -> float:
    """Compute the share of images that a network puts into the right class.

    The network runs in evaluation mode and without tracking. Afterwards each of its modules is back
    in its previous mode.

    Args:
        model: A ``LeNet``, or another network with ten outputs for each such image.
        images: Images, shape (N, 1, 32, 32), with N 1 or more.
        targets: The class of each image, from 0 to 9, int64, shape (N,).

    Returns:
        The share, from 0 to 1, of images whose largest output is that of the target class.

    Raises:
        TypeError: If an argument has the wrong type or dtype.
        ValueError: If a shape, a class or a device is wrong.

    Examples:
        >>> net = LeNet()
        >>> images = torch.ones(4, 1, 32, 32)
        >>> guess = net(images)[0].argmax().item()
        >>> others = (guess + 1) % 10
        >>> accuracy(net, images, torch.tensor([guess, others, guess, guess]))
        0.75
    """
    checks.instance("model", model, torch.nn.Module)
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            outputs = _outputs(model, images, targets)
    finally:
        for module, mode in modes:
            module.training = mode
    return (outputs.argmax(dim=1) == targets).double().mean().item()


def _check_images(images: torch.Tensor, parameter: torch.Tensor) -> None:
    checks.instance("images", images, torch.Tensor)
    shape = tuple(images.shape)
    if shape[-len(IMAGE_SHAPE) :] != IMAGE_SHAPE or len(shape) > _BATCH_RANK:
        message = (
            f"images: shape {shape} given; "
            f"want (N, 1, 32, 32), or {IMAGE_SHAPE} for one image{_channel_hint(shape)}"
        )
        raise ValueError(message)
    if images.dtype != parameter.dtype:
        message = (
            f"images: dtype {images.dtype} given; want {parameter.dtype}, as the parameters have"
        )
        raise TypeError(message)
    if images.device != parameter.device:
        message = f"images: device {images.device} given; want {parameter.device}, where the parameters are"
        raise ValueError(message)


def _channel_hint(shape: tuple[int, ...]) -> str:
    if len(shape) < _BATCH_RANK and shape[-2:] == IMAGE_SHAPE[1:]:
        return "; images.unsqueeze(-3) adds a channel dimension"
    return ""


def _outputs(model: torch.nn.Module, images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    checks.instance("images", images, torch.Tensor)
    shape = tuple(images.shape)
    if shape[1:] != IMAGE_SHAPE or shape[0] == 0:
        hint = "; images.unsqueeze(0) makes a batch of one" if shape == IMAGE_SHAPE else ""
        message = (
            f"images: shape {shape} given; want (N, 1, 32, 32), with N 1 or more"
            f"{hint or _channel_hint(shape)}"
        )
        raise ValueError(message)
    _check_targets(targets, images)
    outputs: torch.Tensor = model(images)
    checks.instance("model's outputs", outputs, torch.Tensor)
    wanted = (shape[0], CLASSES)
    if outputs.shape != wanted:
        message = (
            f"model: returned shape {tuple(outputs.shape)}; "
            f"want {wanted}, ten outputs for each image"
        )
        raise ValueError(message)
    return outputs


def _check_targets(targets: torch.Tensor, images: torch.Tensor) -> None:
    checks.instance("targets", targets, torch.Tensor)
    if targets.dtype != torch.int64:
        message = f"targets: dtype {targets.dtype} given; want torch.int64, the number of a class"
        raise TypeError(message)
    if targets.shape != images.shape[:1]:
        message = (
            f"targets: shape {tuple(targets.shape)} given; "
            f"want {tuple(images.shape[:1])}, a class for each image"
        )
        raise ValueError(message)
    if targets.device != images.device:
        message = (
            f"targets: device {targets.device} given; want {images.device}, where the images are"
        )
        raise ValueError(message)
    outside = ((targets < 0) | (targets >= CLASSES)).nonzero()
    if len(outside) > 0:
        i = int(outside[0])
        message = f"targets: {int(targets[i])} given at [{i}]; want classes from 0 to {CLASSES - 1}"
        raise ValueError(message)
