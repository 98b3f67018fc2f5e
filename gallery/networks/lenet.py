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

You write a convolutional network for small images, train it for 200 steps, and look at
every part of a step: forward pass, loss, backward pass, update. The network follows
LeNet-5, published in 1998 by LeCun and others. Today's version uses ReLU, max pooling,
full connections between feature maps, and a linear last layer. Before you start, read
``custom_module``, because the network is a class, and ``optimizers``, because its loop
trains the network at the end of this page.

What you'll learn:

- how to state shapes so that they can't go out of date, and where the ten parameters
  are;
- how one image differs from a batch of one, and which mistakes raise no error, in older
  code too;
- what ``torch.nn.MSELoss`` divides by;
- how to walk a loss's graph by name, from the loss back to every parameter.
"""

# %%
# The network
# -----------
#
# A convolution slides a square of weights over an image. ``torch.nn.Conv2d`` takes the
# number of input channels, the number of output channels, and the side of the square.
# Each output channel is called a feature map, or map for short. Pooling then keeps the
# largest of four neighbouring values. In published versions of this network, several
# comments on shapes are wrong. An assertion, by contrast, is checked in every call.

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
# The figure follows one random image through the network. Read it from top to bottom.
# Each row shows the result of one step, with its maps side by side and all pixels at
# the same size. A convolution produces more maps and trims their edges, and pooling
# halves their height and width. Then ``flatten`` puts the pixels of all maps into one
# long row, which the linear layers reduce to one score per class.

with torch.no_grad():
    conv1 = torch.relu(net.conv1(images[0]))
    pooled1 = torch.nn.functional.max_pool2d(conv1, 2)
    conv2 = torch.relu(net.conv2(pooled1))
    pooled2 = torch.nn.functional.max_pool2d(conv2, 2)
    fc1 = torch.relu(net.fc1(torch.flatten(pooled2, -3)))
    fc2 = torch.relu(net.fc2(fc1))
    scores = net.fc3(fc2)
assert torch.allclose(scores, output[0], atol=1e-6)
stages = images[0], conv1, pooled1, conv2, pooled2, fc1, fc2, scores
steps = ["image", "conv1, ReLU", "max_pool2d", "conv2, ReLU", "max_pool2d"]
steps += ["flatten, fc1, ReLU", "fc2, ReLU", "fc3"]

fig, ax = plt.subplots(figsize=(7, 6), layout="constrained")
place, labels = 0, {}
for step, result in zip(steps, stages, strict=True):
    maps = result if result.dim() == 3 else result.expand(1, 6, -1)
    row = torch.cat([*torch.nn.functional.pad(maps, (1, 1), value=torch.nan)], dim=1)
    height, width = (size / 2 for size in row.shape)
    labels[place - 6] = f"{step} ↓"
    place -= 13 + max(height, 6)  # the middle of this row
    ax.imshow(row.numpy(), extent=(-width, width, place - height, place + height))
    shape = " x ".join(map(str, result.shape))
    labels[place] = shape if result.dim() == 3 else f"{shape} elements"
    place -= max(height, 6)
ax.set(title="LeNet, from image to scores")
ax.set(xlim=(-100, 100), ylim=(place, 0), xticks=[])
ax.set_yticks(list(labels), labels.values(), fontsize=9)
ax.tick_params(length=0)
ax.set(xlabel="maps side by side", ylabel="steps, and channels x rows x columns")
plt.show()

# %%
# Ten parameters
# --------------
#
# Each layer contains two parameters, a weight and a bias. A convolution's weight has
# one element for each combination of output map, input channel and position in the
# square, whatever the image's size. A linear layer's weight has one element for each
# pair of output and input, so the linear layers contain most of the elements.

count = 0
for name, param in net.named_parameters():
    count += param.numel()
    print(f"{name:13s} {tuple(param.shape)!s:15s} {param.numel():6d}")
print(len(list(net.parameters())), "parameters,", count, "elements")
print(f"in fc1 alone: {net.fc1.weight.numel() / count:.0%}")

# %%
# Backward from a random vector
# -----------------------------
#
# The output isn't a single number, so ``backward`` needs a vector, as the page
# ``vector_jacobian_product`` explains. To check that each gradient has its parameter's
# shape, any vector will do. ``torch.nn.Module.zero_grad`` clears the gradients again.

net(images).backward(torch.randn(4, 10))
shapes = [param.grad.shape == param.shape for param in net.parameters()]
print("gradients with their parameter's shape:", sum(shapes))
net.zero_grad()
print("after zero_grad:", {param.grad for param in net.parameters()})

# %%
# One sample, or a batch
# ----------------------
#
# Older tutorials say that ``torch.nn`` accepts only batches. But ``torch.nn.Conv2d``
# and pooling also accept a single sample of shape (channels, rows, columns). So this
# network accepts both, and its output has shape ``(10,)`` or ``(N, 10)``.
# ``torch.nn.BatchNorm2d`` requires a batch. ``torch.Tensor.unsqueeze`` turns one image
# into a batch of one.

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
normalised = torch.nn.BatchNorm2d(1)(batch_of_one)
print("BatchNorm2d, a batch of one:", tuple(normalised.shape))

# %%
# The trap is ``torch.flatten(x, 1)``. It keeps the first dimension. In a single sample,
# the first dimension is the channels, not the batch, so each channel becomes a row, as
# if it were an image, and no error is raised. Here the next layer raises one, but only
# because its size happens not to match. A layer with 25 inputs would accept the rows
# and return sixteen answers for one image. Count from the end instead, as ``forward``
# does above.

rows = torch.flatten(pooled2, 1)
print("flatten(x, 1): ", tuple(pooled2.shape), "->", tuple(rows.shape))
try:
    net.fc1(rows)
except RuntimeError as error:
    print("fc1:", error)
print("other layer:   ", tuple(torch.nn.Linear(25, 10)(rows).shape), "for one image")
numbers = torch.flatten(pooled2, -3)
print("flatten(x, -3):", tuple(pooled2.shape), "->", tuple(numbers.shape))

# %%
# The older form
# --------------
#
# Older tutorials use squares of 3 by 3 in this network. Then the last maps are 6 by 6,
# not 5 by 5. These tutorials call the base class as ``super(Older, self).__init__()``,
# which today is ``super().__init__()``. They flatten with ``view``, after a method has
# counted the elements in one image's maps. Here is that version, for comparison.


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
numbers = sum(param.numel() for param in older.parameters())
print("elements:", numbers, "  in LeNet:", count)

# %%
# The trap is the number in ``view(-1, n)``. The -1 stands for however many rows result.
# So if ``n`` isn't the number of elements in one image's maps, but divides the number
# in the whole batch's, ``view`` cuts the batch in the wrong places. Suppose that you
# pass images of 28 by 28 but write the ``n`` for 32 by 32. Then 36 images become 25
# rows, which mix pieces of different images, and no error is raised. If the method
# counts ``n``, it is right, and the next layer raises an error. ``torch.flatten`` can't
# cut a batch in the wrong places.

maps = older.maps(torch.zeros(36, 1, 28, 28))
n = older.maps(torch.zeros(1, 1, 32, 32)).numel()
rows = maps.view(-1, n)
print(
    f"view(-1, {n}):",
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
# Recap: a ``torch.nn.Module`` finds the parameters of its layers. Calling it runs
# ``forward`` and records a graph. ``backward`` walks that graph and adds to each
# parameter's ``grad``. A training step also needs a loss and an update.
#
# Create one-hot targets, with 1 for the class and 0 elsewhere. (The page ``digits``
# uses cross-entropy, which suits classes better.) ``torch.nn.MSELoss`` computes the
# mean of the squared differences: it divides by the number of elements, not of images.
# Give the targets the same shape as the output; ``nn_sequential`` shows what happens
# otherwise. The loss has shape ``()``, and ``torch.Tensor.item`` returns it as a Python
# number.

classes = torch.tensor([3, 1, 4, 1])
target = torch.nn.functional.one_hot(classes, 10).float()
loss_fn = torch.nn.MSELoss()
loss = loss_fn(net(images), target)
print("target", tuple(target.shape), end="   ")
print("loss", tuple(loss.shape), f"  {loss.item():.4f}")
summed = torch.nn.MSELoss(reduction="sum")(net(images), target)
print(f"sum / mean {summed.item() / loss.item():.1f}   elements {target.numel()}")

# %%
# The graph, by name
# ------------------
#
# ``loss.grad_fn`` is the graph's node for the operation that computed the loss. It is a
# function, named after the backward formula that it applies. Its ``next_functions`` are
# the functions that ``backward`` calls next, one for each tensor that the loss was
# computed from. The code below follows them all, and indents at each step. The walk
# ends where ``AccumulateGrad`` adds to a parameter's ``grad``. That function stores the
# parameter as its ``variable``.

names = {param: name for name, param in net.named_parameters()}


def print_graph(result):
    """Print the functions behind a result, each step indented further."""

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
# Read from the deepest indentation outwards, the output mirrors ``forward``:
# convolution, ReLU and pooling, twice; a view where ``forward`` flattens; then the
# linear layers with ReLUs between them. ``AddmmBackward0`` belongs to a product plus
# the bias. ``TBackward0`` belongs to a transpose, because a linear layer stores its
# weight as (outputs, inputs), as the table above shows. The images don't require a
# gradient, so ``next_functions`` contains None in their position.
#
# Older tutorials go by index. They write ``next_functions[0][0]`` twice and say that
# this is the ReLU. But it is the last layer's bias, because the index follows the order
# of the arguments. So go by name.

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
# Clear the gradients, call ``backward``, and look at one bias's gradient before and
# after that call. The figure shows the size of all ten gradients, as their root mean
# square.

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
ax.set(xlabel="root mean square", ylabel="parameter")
ax.invert_yaxis()
plt.show()

# %%
# The update
# ----------
#
# Each parameter moves against its gradient, by the learning rate times the gradient. By
# hand, that is one line per parameter, under ``torch.no_grad``.

learning_rate = 0.1
with torch.no_grad():
    for param in net.parameters():
        param -= learning_rate * param.grad
updated = loss_fn(net(images), target)
print(f"loss before {loss.item():.4f}, after one update {updated.item():.4f}")

# %%
# ``torch.optim.SGD`` does the same. Here is the loop from ``optimizers``, starting from
# the same weights. Its first step computes the same weights as the step by hand. At
# first the network learns how frequent each class is. At step 20 it guesses the most
# frequent class for every image, and its loss is close to that of the best constant
# answer. After that it can only learn the four images by heart. They are random, and
# nothing in them would help with a fifth.

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
print("classes", classes.tolist(), end="   ")
print("at step 20", guesses[20], "  at the end", guesses[-1])

# %%
# Summary
# -------
#
# - A network of ``torch.nn.Conv2d``, ``torch.nn.functional.max_pool2d`` and
#   ``torch.nn.Linear`` accepts one sample or a batch if ``torch.flatten`` counts from
#   the end.
# - ``torch.nn.MSELoss`` divides by the number of elements; give it targets with the
#   output's shape.
# - ``next_functions`` leads from a loss to each parameter's ``AccumulateGrad``;
#   ``torch.optim.SGD`` then moves that parameter against its ``grad``.
#
# Practise: ``exercises/lenet``
#
# Next: ``data_loading`` loads real images, in mini-batches.
