# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "matplotlib>=3.10.8",
#     "torch>=2.9",
# ]
# ///
"""
LeNet
=====

You write a convolutional network for small images and train it for a few steps, looking at every part of a
step: forward pass, loss, backward pass, update. It follows LeNet-5 of 1998, by LeCun and others. Today's form
has ReLU, maximum pooling, all maps connected, and a linear last layer. From the ladder you need
``custom_module``, since the network is a class, and ``optimizers``, whose loop stands here at the end, around
this network.

What you'll learn:

- how to state shapes so that they can't go stale, and where the ten parameters are;
- why one image isn't a batch of one, and what goes wrong without an error, in older forms too;
- what ``torch.nn.MSELoss`` divides by;
- how to walk the graph of a loss by name, from the loss back to every parameter.
"""

# %%
# The network
# -----------
#
# A convolution slides a square of weights over an image. ``torch.nn.Conv2d`` takes the number of channels
# that come in, the number of channels that go out, and the square's side. Each channel that comes out is a
# feature map, a map for short; pooling then keeps the largest of four neighbours. In published versions of
# this network several comments on shapes are wrong. An assertion is checked at each call.

import matplotlib.pyplot as plt
import torch

plt.style.use("petroff10")  # a palette that colour-blind readers can tell apart


class LeNet(torch.nn.Module):
    """Two convolutions and three linear layers."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 6, 5)
        self.conv2 = torch.nn.Conv2d(6, 16, 5)
        self.fc1 = torch.nn.Linear(16 * 5 * 5, 120)
        self.fc2 = torch.nn.Linear(120, 84)
        self.fc3 = torch.nn.Linear(84, 10)

    def forward(self, x):
        assert x.shape[-3:] == (1, 32, 32)
        x = torch.nn.functional.max_pool2d(torch.relu(self.conv1(x)), 2)
        assert x.shape[-3:] == (6, 14, 14)
        x = torch.nn.functional.max_pool2d(torch.relu(self.conv2(x)), 2)
        assert x.shape[-3:] == (16, 5, 5)
        x = torch.relu(self.fc1(torch.flatten(x, -3)))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


torch.manual_seed(0)
net = LeNet()
images = torch.randn(4, 1, 32, 32)
output = net(images)
print("images", tuple(images.shape), "  output", tuple(output.shape))
print("output of the first image:", [round(value, 3) for value in output[0].tolist()])

# %%
# Ten parameters
# --------------
#
# Each layer holds a weight and a bias. A convolution's weight has an entry for each map out, each channel in
# and each place in the square, whatever the image's size. A linear layer has one for each pair of output and
# input, and that is where most of the numbers are.

count = 0
for name, param in net.named_parameters():
    count += param.numel()
    print(f"{name:13s} {tuple(param.shape)!s:15s} {param.numel():6d}")
print(len(list(net.parameters())), "parameters,", count, "numbers")
print(f"in fc1 alone: {net.fc1.weight.numel() / count:.0%}")

# %%
# One random image on its way, drawn with pixels of one size. The maps shrink, and each convolution makes more
# of them.

with torch.no_grad():
    conv1 = torch.relu(net.conv1(images[0]))
    pooled1 = torch.nn.functional.max_pool2d(conv1, 2)
    conv2 = torch.relu(net.conv2(pooled1))
    pooled2 = torch.nn.functional.max_pool2d(conv2, 2)
stages = images[0], conv1, pooled1, conv2, pooled2
labels = [" x ".join(map(str, maps.shape)) for maps in stages]

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for i, maps in enumerate(stages):
    column = torch.nn.functional.pad(maps, (1, 1, 1, 1), value=torch.nan).flatten(0, 1)
    height, width = (size / 2 for size in column.shape)
    ax.imshow(column.numpy(), extent=(60 * i - width, 60 * i + width, -height, height))
ax.set(title="One image on its way", xlabel="channels x rows x columns", ylabel="pixels")
ax.set(xlim=(-30, 270), ylim=(-100, 100))
ax.set_xticks(range(0, 300, 60), labels)
plt.show()

# %%
# Backward from a random gradient
# -------------------------------
#
# The output isn't one number, so ``backward`` needs a vector; the page ``vector_jacobian_product`` says what
# for. Any will do to see that each parameter gets a gradient of its own shape.
# ``torch.nn.Module.zero_grad`` clears them again.

net(images).backward(torch.randn(4, 10))
shapes = [param.grad.shape == param.shape for param in net.parameters()]
print("gradients of their parameter's shape:", sum(shapes))
net.zero_grad()
print("after zero_grad:", {param.grad for param in net.parameters()})

# %%
# One sample, or a batch
# ----------------------
#
# Older texts say that ``torch.nn`` takes batches only. ``torch.nn.Conv2d`` and pooling also take one sample
# of shape (channels, rows, columns), so this network takes either and gives ``(10,)`` or ``(N, 10)``.
# ``torch.nn.BatchNorm2d`` insists on a batch; ``torch.Tensor.unsqueeze`` makes one of one image.

single = net(images[0])
in_batch = net(images)[0]
assert torch.allclose(single, in_batch, atol=1e-6)
print(tuple(images[0].shape), "->", tuple(single.shape), end="   ")
print(f"first score {single[0]:.4f}, in the batch {in_batch[0]:.4f}")
try:
    torch.nn.BatchNorm2d(1)(images[0])
except ValueError as error:
    print("BatchNorm2d:", error)
batch_of_one = images[0].unsqueeze(0)
print("BatchNorm2d, a batch of one:", tuple(torch.nn.BatchNorm2d(1)(batch_of_one).shape))

# %%
# The trap is ``torch.flatten(x, 1)``. It keeps the first dimension, and in one sample that is not the batch
# but the channels: each becomes a row, as if it were an image, and nothing is raised. Here the next layer
# notices, by luck of its size. A layer with 25 inputs would accept the rows and give sixteen answers for one
# image. Count from the end instead, as ``forward`` above does.

rows = torch.flatten(pooled2, 1)
print("flatten(x, 1): ", tuple(pooled2.shape), "->", tuple(rows.shape))
try:
    net.fc1(rows)
except RuntimeError as error:
    print("fc1:", error)
print("another layer: ", tuple(torch.nn.Linear(25, 10)(rows).shape), "for one image")
numbers = torch.flatten(pooled2, -3)
print("flatten(x, -3):", tuple(pooled2.shape), "->", tuple(numbers.shape))

# %%
# The older form
# --------------
#
# Older notes show this network with squares of 3 by 3. Then maps of 6 by 6 are left, not 5 by 5. They call the base
# class as ``super(Older, self).__init__()``, which is ``super().__init__()`` today, and flatten by ``view``, with a
# method that counts the numbers of one image. Here it is, beside the one above.


class Older(torch.nn.Module):
    """Squares of 3 by 3, flattened by view."""

    def __init__(self):
        super(Older, self).__init__()
        self.conv1 = torch.nn.Conv2d(1, 6, 3)
        self.conv2 = torch.nn.Conv2d(6, 16, 3)
        self.fc1 = torch.nn.Linear(16 * 6 * 6, 120)
        self.fc2 = torch.nn.Linear(120, 84)
        self.fc3 = torch.nn.Linear(84, 10)

    def maps(self, x):
        x = torch.nn.functional.max_pool2d(torch.relu(self.conv1(x)), 2)
        return torch.nn.functional.max_pool2d(torch.relu(self.conv2(x)), 2)

    def num_flat_features(self, x):
        return x.shape[1:].numel()

    def forward(self, x):
        x = self.maps(x)
        x = x.view(-1, self.num_flat_features(x))
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


older = Older()
print("maps", tuple(older.maps(images).shape), "  output", tuple(older(images).shape))
print("numbers:", sum(param.numel() for param in older.parameters()), "  those of LeNet:", count)

# %%
# The trap is the number in ``view(-1, n)``. The -1 stands for whatever number of rows comes out, so an ``n`` that
# isn't an image's own cuts the batch elsewhere. Give the layers images of 28 by 28, and write the ``n`` of 32 by
# 32: 36 images become 25 rows, each with pieces of several, and nothing is raised. Counted by the method, ``n`` is
# right, and the next layer refuses it. ``torch.flatten`` can't cut elsewhere.

maps = older.maps(torch.zeros(36, 1, 28, 28))
rows = maps.view(-1, 16 * 6 * 6)
print(
    "view(-1, 576):",
    tuple(maps.shape),
    "->",
    tuple(rows.shape),
    "  scores",
    tuple(older.fc1(rows).shape),
)
try:
    older(torch.zeros(36, 1, 28, 28))
except RuntimeError as error:
    print("fc1:", error)

# %%
# A loss
# ------
#
# Recap: a ``torch.nn.Module`` finds the parameters of its layers; calling it runs ``forward`` and records a
# graph; ``backward`` walks that graph and adds to each ``grad``. A training step lacks a loss and an update.
#
# Make one-hot targets: 1 at the class, 0 elsewhere. (The page ``digits`` uses cross-entropy, which suits
# classes better.) ``torch.nn.MSELoss`` takes the mean of the squared differences: it divides by the number of
# entries, not of images. Target and output have one shape; ``nn_sequential`` shows what happens otherwise. The loss
# has the shape ``()``, and ``torch.Tensor.item`` makes it a Python number.

classes = torch.tensor([3, 1, 4, 1])
target = torch.nn.functional.one_hot(classes, 10).float()
loss_fn = torch.nn.MSELoss()
loss = loss_fn(net(images), target)
print("target", tuple(target.shape), "  loss", tuple(loss.shape), f"  {loss.item():.4f}")
summed = torch.nn.MSELoss(reduction="sum")(net(images), target)
print(f"sum / mean {summed.item() / loss.item():.1f}   entries {target.numel()}")

# %%
# The graph, by name
# ------------------
#
# ``loss.grad_fn`` is the node of the operation that made the loss: a function, named after the backward
# formula that it applies. Its ``next_functions`` are those that ``backward`` calls after it, one for each
# tensor that the loss was computed from. Follow them all, indenting at each step. The walk ends where
# ``AccumulateGrad`` adds to a parameter, which that function knows as its ``variable``.

names = {param: name for name, param in net.named_parameters()}


def print_graph(result):
    """Print the functions behind a result, those that follow one further to the right."""

    def print_from(function, depth):
        line = "  " * depth + type(function).__name__
        if hasattr(function, "variable"):
            line += f"  {names[function.variable]} {tuple(function.variable.shape)}"
        print(line)
        for next_function, _ in function.next_functions:
            if next_function is not None:
                print_from(next_function, depth + 1)

    print_from(result.grad_fn, 0)


loss = loss_fn(net(images), target)
print_graph(loss)

# %%
# Read it from below, and it is ``forward``: convolution, ReLU, pooling, twice; a view where you flatten;
# then the linear layers with ReLUs between them. ``AddmmBackward0`` belongs to a product plus the bias,
# ``TBackward0`` to a transpose: a linear layer keeps its weight as (outputs, inputs), as the table above
# shows. Nobody asked for the gradient of the images: in their place, ``next_functions`` has None.
#
# Older texts go by index, ``next_functions[0][0]`` twice, and call where they arrive the ReLU. It is the bias
# of the last layer: an index follows the order of arguments. So go by name.

linear = loss.grad_fn.next_functions[0][0]
arrived = linear.next_functions[0][0]
print("by index:", type(arrived).__name__, names[arrived.variable])
functions = [next_function for next_function, _ in linear.next_functions]
relu = next(f for f in functions if f is not None and f.name() == "ReluBackward0")
print("by name: ", relu.name(), "which leads to", relu.next_functions[0][0].name())
print("first in conv1:", net.conv1(images).grad_fn.next_functions[0][0])

# %%
# Backpropagation
# ---------------
#
# Clear the gradients, call ``backward``, and look at one bias before and after. The figure has the sizes of
# all ten, as the root of the mean square.

net.zero_grad()
print("conv1.bias.grad before:", net.conv1.bias.grad)
loss.backward()
gradient = net.conv1.bias.grad.tolist()
print("conv1.bias.grad after: ", [round(value, 5) for value in gradient])
sizes = {}
for name, param in net.named_parameters():
    sizes[name] = param.grad.square().mean().sqrt().item()

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.semilogx(list(sizes.values()), list(sizes), "o")
ax.set(title="How large each gradient is")
ax.set(xlabel="root of the mean square", ylabel="parameter")
ax.invert_yaxis()
plt.show()

# %%
# The update
# ----------
#
# Each parameter moves against its gradient, by the learning rate times the gradient. By hand that is one line
# for each parameter, under ``torch.no_grad``.

learning_rate = 0.1
with torch.no_grad():
    for param in net.parameters():
        param -= learning_rate * param.grad
updated = loss_fn(net(images), target)
print(f"loss before {loss.item():.4f}, after one update {updated.item():.4f}")

# %%
# ``torch.optim.SGD`` does the same, as on the rung ``optimizers``. Here is that rung's loop, from the same
# weights; its first step gives the numbers of the one by hand. First the network learns how frequent each
# class is: at step 20 it guesses the most frequent one for every image, and its loss is near that of the best
# answer that is the same for all. After that it can only learn the four images by heart. They are random, and
# hold nothing that would help with a fifth.

by_hand = torch.nn.utils.parameters_to_vector(net.parameters())
torch.manual_seed(0)
net = LeNet()
optimizer = torch.optim.SGD(net.parameters(), lr=learning_rate)
losses, guesses = [], []
for t in range(200):
    y_pred = net(images)
    loss = loss_fn(y_pred, target)
    losses.append(loss.item())
    guesses.append(y_pred.argmax(dim=1).tolist())

    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if t == 0:
        by_sgd = torch.nn.utils.parameters_to_vector(net.parameters())
assert torch.allclose(by_sgd, by_hand, rtol=1e-6, atol=1e-8)
constant = target.mean(dim=0).expand(4, 10)
print("losses at steps 0, 1, 10, 20:", *(f"{losses[t]:.4f}" for t in (0, 1, 10, 20)))
print(f"loss of the best constant answer: {loss_fn(constant, target).item():.4f}")
assert losses[-1] < 0.001
print(f"last loss, this build: {losses[-1]:.7f}")
print("classes", classes.tolist(), "  at step 20", guesses[20], "  at the end", guesses[-1])

# %%
# Summary
# -------
#
# - A network of ``torch.nn.Conv2d``, ``torch.nn.functional.max_pool2d`` and ``torch.nn.Linear`` takes one
#   sample or a batch if ``torch.flatten`` counts from the end.
# - ``torch.nn.MSELoss`` divides by the number of entries; give it a target of the output's shape.
# - ``next_functions`` leads from a loss to the ``AccumulateGrad`` of each parameter; ``torch.optim.SGD``
#   then moves that parameter against its ``grad``.
#
# Practise: ``exercises/lenet``
#
# Next: ``data_loading`` gets real images, in mini-batches.
