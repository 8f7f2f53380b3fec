# SPDX-License-Identifier: Apache-2.0
"""Makes the golden tensors beside this file with PyTorch in double precision.

    python3 -m venv venv && venv/bin/pip install torch numpy safetensors && venv/bin/python make.py

Each architecture gives two files: NAME.safetensors, the network with its first weights as Swift writes it, and
NAME-expected.safetensors, the batch, the logits, the loss, its gradients and the weights after some steps of AdamW.
"""
import json
import math
import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
STEPS = 5
RATE, WARM_UP, DECAY, CLIP = 3e-3, 0.15, 0.3, 1.0


def one_cycle(progress):
    """Factor on the rate, and beta 1; see Schedule.swift."""
    def anneal(start, end, part):
        return end + (start - end) / 2 * (1 + math.cos(math.pi * part))
    if progress < WARM_UP:
        return anneal(1 / 25, 1, progress / WARM_UP), anneal(0.95, 0.85, progress / WARM_UP)
    part = (progress - WARM_UP) / (1 - WARM_UP)
    return anneal(1, 1 / 25e4, part), anneal(0.85, 0.95, part)


def rounded(tensor):
    """Doubles that are exactly the 32-bit numbers the files hold."""
    return tensor.float().double()


class Columns(torch.nn.Module):
    def __init__(self, first, count):
        super().__init__()
        self.range = slice(first, first + count)

    def forward(self, x):
        return x[:, self.range]


class Concatenation(torch.nn.Module):
    def __init__(self, *branches):
        super().__init__()
        self.branches = torch.nn.ModuleList(torch.nn.Sequential(*branch) for branch in branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.branches], 1)


class Residual(torch.nn.Module):
    def __init__(self, *body):
        super().__init__()
        self.body = torch.nn.Sequential(*body)

    def forward(self, x):
        return x + self.body(x)


class LayerNorm(torch.nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.reshape(len(x), -1, self.normalized_shape[0])).reshape(len(x), -1)


class GRU(torch.nn.GRU):
    def __init__(self, channels, hidden):
        super().__init__(channels, hidden, batch_first=True)

    def forward(self, x):
        return super().forward(x.reshape(len(x), -1, self.input_size))[0].reshape(len(x), -1)


class InputDecay(torch.nn.Module):
    def __init__(self, variables):
        super().__init__()
        self.variables = variables
        self.rate = torch.nn.Parameter(torch.rand(variables) + 0.5)

    def forward(self, x):
        value, mask, delta = x.reshape(len(x), -1, 3, self.variables).unbind(2)
        decay = torch.exp(-3 * torch.nn.functional.softplus(self.rate) * delta)
        return torch.stack([value * decay, mask, delta], 2).reshape(len(x), -1)


class Convolution(torch.nn.Module):
    """The weight is outputs x (width * channels), the oldest tap first; the sum itself is torch's conv1d."""

    def __init__(self, channels, outputs, width, dilation):
        super().__init__()
        self.sizes = channels, outputs, width, dilation
        dense = torch.nn.Linear(width * channels, outputs)
        self.weight, self.bias = dense.weight, dense.bias

    def forward(self, x):
        channels, outputs, width, dilation = self.sizes
        series = x.reshape(len(x), -1, channels).transpose(1, 2)
        series = torch.nn.functional.pad(series, ((width - 1) * dilation, 0))
        weight = self.weight.reshape(outputs, width, channels).transpose(1, 2)
        result = torch.nn.functional.conv1d(series, weight, self.bias, dilation=dilation)
        return result.transpose(1, 2).reshape(len(x), -1)


class Pooling(torch.nn.Module):
    def __init__(self, channels, mean):
        super().__init__()
        self.channels, self.mean = channels, mean

    def forward(self, x):
        steps = x.reshape(len(x), -1, self.channels)
        return steps.mean(1) if self.mean else steps[:, -1]


class Heads(torch.nn.Module):
    def __init__(self, size):
        super().__init__()
        self.death = torch.nn.Linear(size, 1)
        self.survival = torch.nn.Linear(size, 3)


class Network(torch.nn.Module):
    """Names of parameters as in Swift: trunk.N.weight, heads.NAME.weight."""

    def __init__(self, trunk, size):
        super().__init__()
        self.trunk = torch.nn.Sequential(*trunk)
        self.heads = Heads(size)

    def forward(self, x):
        end = self.trunk(x)
        return self.heads.death(end), self.heads.survival(end)


def loss_of(logits, batch):
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    death = (bce(logits[0], batch["labels"], reduction="none") * batch["weights"]).sum(1).mean()
    hazard = (bce(logits[1], batch["hazard"], reduction="none") * batch["atRisk"]).sum(1).mean()
    return death + 0.7 * hazard


def write(name, architecture, network, columns, rows=12):
    torch.manual_seed(1)
    network = network.double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(rounded(parameter))
    x = rounded(torch.randn(rows, columns, dtype=torch.float64))
    interval = torch.randint(0, 3, (rows, 1))
    at_risk = (torch.arange(3) <= interval).double()
    hazard = (torch.arange(3) == interval).double() * (torch.rand(rows, 1) < 0.6)
    batch = {
        "labels": (torch.rand(rows, 1) < 0.4).double(),
        "weights": rounded(torch.rand(rows, 1, dtype=torch.float64) + 0.5),
        "hazard": hazard, "atRisk": at_risk,
    }
    save = lambda t: np.ascontiguousarray(t.detach().numpy().astype(np.float32))
    named = {n: p for n, p in network.named_parameters()}
    buffers = {n: b for n, b in network.named_buffers() if "num_batches" not in n}
    save_file({f"members.0.{n}": save(p) for n, p in (named | buffers).items()}, HERE / f"{name}.safetensors",
              metadata={"architectures": json.dumps([architecture])})

    expected = {"x": save(x), **{n: save(t) for n, t in batch.items()}}
    network.eval()
    logits = network(x)
    network.train()
    statistics = {n: b.clone() for n, b in buffers.items()}
    x.requires_grad_(True)
    loss = loss_of(network(x), batch)
    loss.backward()
    for n, b in buffers.items():
        b.copy_(statistics[n])
    expected |= {"logits.death": save(logits[0]), "logits.survival": save(logits[1]), "loss": save(loss.reshape(1))}
    expected |= {f"gradient.{n}": save(p.grad) for n, p in named.items()}
    expected["gradient.x"] = save(x.grad)

    matrices = [p for p in named.values() if p.dim() > 1]
    vectors = [p for p in named.values() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": DECAY},
                                   {"params": vectors, "weight_decay": 0.0}], lr=RATE)
    # torch corrects the bias with beta1 ** step; while beta 1 moves, the product over the steps is right. The ratio of
    # the two corrections is put into the rate of the step (the decay is then divided by it again).
    product = 1.0
    x = x.detach()
    for step in range(STEPS):
        factor, beta1 = one_cycle(step / STEPS)
        product *= beta1
        correction = (1 - beta1 ** (step + 1)) / (1 - product)
        for group, decay in zip(optimizer.param_groups, (DECAY, 0.0)):
            group.update(lr=RATE * factor * correction, betas=(beta1, 0.999), weight_decay=decay / correction)
        optimizer.zero_grad()
        loss_of(network(x), batch).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
    expected |= {f"after.{n}": save(p) for n, p in (named | buffers).items()}
    save_file(expected, HERE / f"{name}-expected.safetensors")


HEADS = [{"name": "death", "kind": "sigmoid", "outputs": 1, "initialBias": 0},
         {"name": "survival", "kind": "hazard", "outputs": 3, "initialBias": 0}]


def architecture(inputs, trunk):
    return {"inputs": inputs, "trunk": trunk, "heads": HEADS}


def main():
    torch.manual_seed(20)
    Linear, SiLU = torch.nn.Linear, torch.nn.SiLU
    write("mlp", architecture(9, [{"dense": {"outputs": 16}}, {"silu": {}}, {"dense": {"outputs": 7}}, {"silu": {}}]),
          Network([Linear(9, 16), SiLU(), Linear(16, 7), SiLU()], 7), 9)
    layers = lambda *all: [{name: values} for name, values in all]
    write("hybrid", architecture(4 * 9 + 5, layers(
        ("concatenation", {"branches": [
            layers(("columns", {"first": 0, "count": 36}), ("inputDecay", {"variables": 3}),
                   ("gru", {"channels": 9, "hidden": 10}),
                   ("concatenation", {"branches": [layers(("lastStep", {"channels": 10})),
                                                   layers(("meanOverSteps", {"channels": 10}))]})),
            layers(("columns", {"first": 36, "count": 5}), ("dense", {"outputs": 6}), ("silu", {}))]}),
        ("dense", {"outputs": 8}), ("silu", {}))),
        Network([
            Concatenation([Columns(0, 36), InputDecay(3), GRU(9, 10),
                           Concatenation([Pooling(10, False)], [Pooling(10, True)])],
                          [Columns(36, 5), Linear(5, 6), SiLU()]),
            Linear(26, 8), SiLU()], 8), 41)
    # No bias directly before the batch normalisation: its gradient would be nothing but rounding.
    write("tcn", architecture(7 * 3, layers(
        ("convolution", {"channels": 3, "outputs": 5, "width": 3, "dilation": 2}), ("silu", {}),
        ("layerNormalization", {"channels": 5}),
        ("residual", {"body": layers(("convolution", {"channels": 5, "outputs": 5, "width": 2, "dilation": 1}),
                                     ("silu", {}))}),
        ("lastStep", {"channels": 5}), ("dense", {"outputs": 6}), ("silu", {}), ("batchNormalization", {}))),
        Network([Convolution(3, 5, 3, 2), SiLU(), LayerNorm(5), Residual(Convolution(5, 5, 2, 1), SiLU()),
                 Pooling(5, False), Linear(5, 6), SiLU(), torch.nn.BatchNorm1d(6)], 6), 21)


if __name__ == "__main__":
    main()
