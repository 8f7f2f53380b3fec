# SPDX-License-Identifier: Apache-2.0
"""Vigil's ensembles in the frameworks of others: a weight file read, as an ONNX graph and as a PyTorch module. What both benchmarks'
peers run."""
import json
import pathlib

import numpy as np


def ensemble(file):
    """(architectures, tensors) of a weight file."""
    data = pathlib.Path(file).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    tensors = {}
    for key, entry in header.items():
        if key != "__metadata__":
            begin, end = entry["data_offsets"]
            tensors[key] = np.frombuffer(data, np.float32, (end - begin) // 4, 8 + size + begin).reshape(entry["shape"])
    return json.loads(header["__metadata__"]["architectures"]), tensors


def only(layer):
    """The name and the values of a layer, which is an object of one member."""
    return next(iter(layer.items()))


class Graph:
    """The mean logits of an ensemble's first head and of the others, as an ONNX graph with a fixed number of rows."""

    def __init__(self, onnx, architectures, tensors, rows):
        self.helper, self.numpy, self.tensors, self.rows = onnx.helper, onnx.numpy_helper, tensors, rows
        self.nodes, self.constants, self.count = [], [], 0
        logits = []
        for index, architecture in enumerate(architectures):
            prefix = f"members.{index}"
            end, columns = self.layers(architecture["trunk"], "input", architecture["inputs"], f"{prefix}.trunk")
            logits.append([])
            for head in architecture["heads"]:
                name = f"{prefix}.heads.{head['name']}"
                own, _ = self.layers(head.get("layers", []), end, columns, f"{name}.layers")
                logits[-1].append(self.dense(own, name))
        float32 = onnx.TensorProto.FLOAT
        outputs = []
        for place, head in enumerate(architectures[0]["heads"]):
            mean = self.add("Mean", [member[place] for member in logits])
            outputs.append(self.helper.make_tensor_value_info(mean, float32, [rows, head["outputs"]]))
        graph = self.helper.make_graph(
            self.nodes, "network",
            [self.helper.make_tensor_value_info("input", float32, [rows, architectures[0]["inputs"]])], outputs,
            self.constants)
        self.model = self.helper.make_model(graph, opset_imports=[self.helper.make_opsetid("", 17)], ir_version=9)
        onnx.checker.check_model(self.model)

    def add(self, kind, inputs, outputs=1, **attributes):
        names = [f"v{self.count + index}" for index in range(outputs)]
        self.count += outputs
        self.nodes.append(self.helper.make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, array):
        name = f"c{len(self.constants)}"
        self.constants.append(self.numpy.from_array(np.ascontiguousarray(array), name))
        return name

    def integers(self, *values):
        return self.constant(np.array(values, np.int64))

    def dense(self, x, name):
        weight = self.constant(self.tensors[f"{name}.weight"].T)
        return self.add("Gemm", [x, weight, self.constant(self.tensors[f"{name}.bias"])])

    def slice(self, x, first, count):
        return self.add("Slice", [x, self.integers(first), self.integers(first + count), self.integers(1)])

    def layers(self, layers, x, columns, name):
        index = 0
        while index < len(layers):
            kind, values = only(layers[index])
            here = f"{name}.{index}"
            index += 1
            if kind == "dense":
                x, columns = self.dense(x, here), values["outputs"]
            elif kind == "silu":
                x = self.add("Mul", [x, self.add("Sigmoid", [x])])
            elif kind == "dropout":
                pass
            elif kind == "columns":
                x, columns = self.slice(x, values["first"], values["count"]), values["count"]
            elif kind == "concatenation":
                ends = [self.layers(branch, x, columns, f"{here}.branches.{place}")
                        for place, branch in enumerate(values["branches"])]
                x, columns = self.add("Concat", [end for end, _ in ends], axis=1), sum(size for _, size in ends)
            elif kind == "residual":
                x = self.add("Add", [x, self.layers(values["body"], x, columns, f"{here}.body")[0]])
            elif kind == "inputDecay":
                x = self.decay(x, columns, values["variables"], here)
            elif kind == "gru":
                alone = index < len(layers) and only(layers[index])[0] == "lastStep"
                x, columns = self.gru(x, columns, values, here, alone)
                index += 1 if alone else 0
            elif kind == "lastStep":
                x, columns = self.slice(x, columns - values["channels"], values["channels"]), values["channels"]
            elif kind == "meanOverSteps":
                steps = self.add("Reshape", [x, self.integers(self.rows, -1, values["channels"])])
                x, columns = self.add("ReduceMean", [steps], axes=[1], keepdims=0), values["channels"]
            else:
                raise NotImplementedError(kind)
        return x, columns

    def decay(self, x, columns, variables, name):
        steps = self.add("Reshape", [x, self.integers(self.rows, columns // (3 * variables), 3, variables)])
        part = lambda place: self.add(
            "Slice", [steps, self.integers(place), self.integers(place + 1), self.integers(2)])
        speed = (-3 * np.logaddexp(0, self.tensors[f"{name}.rate"])).astype(np.float32)
        factor = self.add("Exp", [self.add("Mul", [part(2), self.constant(speed)])])
        decayed = self.add("Mul", [part(0), factor])
        return self.add("Reshape", [self.add("Concat", [decayed, part(1), part(2)], axis=2), self.integers(self.rows, -1)])

    def gru(self, x, columns, values, name, last_only):
        """ONNX orders the gates z, r, n; the files r, z, n."""
        channels, hidden = values["channels"], values["hidden"]
        order = lambda suffix: np.concatenate(
            [self.tensors[f"{name}.{suffix}"].reshape(3, hidden, -1)[gate] for gate in (1, 0, 2)])[None]
        steps = self.add("Reshape", [x, self.integers(self.rows, columns // channels, channels)])
        by_step = self.add("Transpose", [steps], perm=[1, 0, 2])
        bias = np.concatenate([order("bias_ih_l0")[:, :, 0], order("bias_hh_l0")[:, :, 0]], 1)
        states, last = self.add(
            "GRU", [by_step, self.constant(order("weight_ih_l0")), self.constant(order("weight_hh_l0")),
                    self.constant(bias)], outputs=2, hidden_size=hidden, linear_before_reset=1)
        if last_only:
            return self.add("Squeeze", [last, self.integers(0)]), hidden
        by_row = self.add("Transpose", [self.add("Squeeze", [states, self.integers(1)])], perm=[1, 0, 2])
        return self.add("Reshape", [by_row, self.integers(self.rows, -1)]), columns // channels * hidden


def torch_network(torch, architectures, tensors):
    """The same in PyTorch; returns all heads' mean logits."""
    nn = torch.nn

    class Columns(nn.Module):
        def __init__(self, first, count):
            super().__init__()
            self.first, self.count = first, count

        def forward(self, x):
            return x[:, self.first:self.first + self.count]

    class Concatenation(nn.Module):
        def __init__(self, branches):
            super().__init__()
            self.branches = nn.ModuleList(branches)

        def forward(self, x):
            return torch.cat([branch(x) for branch in self.branches], 1)

    class Residual(nn.Module):
        def __init__(self, body):
            super().__init__()
            self.body = body

        def forward(self, x):
            return x + self.body(x)

    class GRU(nn.GRU):
        def forward(self, x):
            return super().forward(x.reshape(x.shape[0], -1, self.input_size))[0].reshape(x.shape[0], -1)

    class InputDecay(nn.Module):
        def __init__(self, variables):
            super().__init__()
            self.variables = variables
            self.rate = nn.Parameter(torch.ones(variables))

        def forward(self, x):
            value, mask, delta = x.reshape(x.shape[0], -1, 3, self.variables).unbind(2)
            decay = torch.exp(-3 * nn.functional.softplus(self.rate) * delta)
            return torch.stack([value * decay, mask, delta], 2).reshape(x.shape[0], -1)

    class Pooling(nn.Module):
        def __init__(self, channels, mean):
            super().__init__()
            self.channels, self.mean = channels, mean

        def forward(self, x):
            if self.mean:
                return x.reshape(x.shape[0], -1, self.channels).mean(1)
            return x[:, -self.channels:]

    def sequence(layers, columns):
        modules = []
        for layer in layers:
            kind, values = only(layer)
            if kind == "dense":
                modules.append(nn.Linear(columns, values["outputs"]))
                columns = values["outputs"]
            elif kind == "silu":
                modules.append(nn.SiLU())
            elif kind == "dropout":
                modules.append(nn.Dropout(values["rate"]))
            elif kind == "columns":
                modules.append(Columns(values["first"], values["count"]))
                columns = values["count"]
            elif kind == "concatenation":
                branches = [sequence(branch, columns) for branch in values["branches"]]
                modules.append(Concatenation([branch for branch, _ in branches]))
                columns = sum(size for _, size in branches)
            elif kind == "residual":
                modules.append(Residual(sequence(values["body"], columns)[0]))
            elif kind == "inputDecay":
                modules.append(InputDecay(values["variables"]))
            elif kind == "gru":
                modules.append(GRU(values["channels"], values["hidden"], batch_first=True))
                columns = columns // values["channels"] * values["hidden"]
            elif kind in ("lastStep", "meanOverSteps"):
                modules.append(Pooling(values["channels"], kind == "meanOverSteps"))
                columns = values["channels"]
            else:
                raise NotImplementedError(kind)
        return nn.Sequential(*modules), columns

    class Head(nn.Linear):
        def __init__(self, layers, columns, outputs):
            layers, columns = sequence(layers, columns)
            super().__init__(columns, outputs)
            self.layers = layers

        def forward(self, x):
            return super().forward(self.layers(x))

    class Member(nn.Module):
        def __init__(self, architecture):
            super().__init__()
            self.trunk, columns = sequence(architecture["trunk"], architecture["inputs"])
            self.heads = nn.ModuleDict(
                {h["name"]: Head(h.get("layers", []), columns, h["outputs"]) for h in architecture["heads"]})

        def forward(self, x):
            end = self.trunk(x)
            return [head(end) for head in self.heads.values()]

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.members = nn.ModuleList(Member(architecture) for architecture in architectures)

        def forward(self, x):
            logits = [member(x) for member in self.members]
            if len(logits) == 1:
                return tuple(logits[0])
            return tuple(torch.stack(heads).mean(0) for heads in zip(*logits))

    network = Network()
    network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in tensors.items()})
    return network
