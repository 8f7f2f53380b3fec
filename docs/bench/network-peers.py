# SPDX-License-Identifier: Apache-2.0
"""What others take for the networks that `vigil bench networks` measures; called by it, in the same run.

    pip install numpy torch onnx onnxruntime openvino

`network-peers.py FOLDER` reads commands from standard input and answers each with lines that end in one `.`:

    forward NAME ROWS SECONDS   for each engine `ENGINE seconds difference`: the median of the runs on one thread, in seconds
                                of computing, and the greatest difference of the first head's logits from Vigil's
    train NAME ROWS BATCH       `PyTorch seconds computing`: one epoch on two threads, after one to warm up, and what both
                                threads computed

FOLDER holds NAME.safetensors (an ensemble as Vigil writes it), NAME.input (rows of 32-bit floats) and NAME.expected (the mean
logits of the first head). An engine that is not installed is named on standard error and left out.
"""
import importlib
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np

from ensembles import Graph, ensemble, torch_network

FOLDER = pathlib.Path(sys.argv[1])
HERE = pathlib.Path(__file__).parent


def module(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"vigil: not measured, since it is not installed: pip install {name.split('.')[0]}", file=sys.stderr)
        return None


def median_seconds(run, seconds):
    """Runs are timed together so that reading the clock does not count."""
    start = time.process_time()
    for _ in range(10):
        run()
    together = int(200e-6 / ((time.process_time() - start) / 10)) + 1
    times, end = [], time.process_time() + seconds
    while len(times) < 3 or time.process_time() < end:
        start = time.process_time()
        for _ in range(together):
            run()
        times.append((time.process_time() - start) / together)
    return statistics.median(times)


class OpenVINO:
    """A process of its own that calls OpenVINO's C API."""

    def __init__(self, openvino, model, rows, columns, outputs, input_file):
        package = pathlib.Path(openvino.__file__).parent
        program, libraries = FOLDER / "openvino-peer", package / "libs"
        if not program.exists():
            library = next(libraries.glob("libopenvino_c.so*"))
            subprocess.run(["cc", "-O2", f"-I{package / 'include'}", HERE / "openvino-peer.c", library,
                            f"-Wl,-rpath,{libraries}", "-o", program], check=True)
        self.process = subprocess.Popen(
            [program, model, input_file, str(rows), str(columns), str(outputs)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.logits = np.array(self.process.stdout.readline().split(), np.float32)

    def seconds(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())


def forward_engines(name, rows):
    """(engine, function of seconds that gives the median, logits of the first head) for what is installed."""
    architectures, tensors = ensemble(FOLDER / f"{name}.safetensors")
    columns = architectures[0]["inputs"]
    x = np.fromfile(FOLDER / f"{name}.input", np.float32).reshape(-1, columns)[:rows]
    outputs = rows * architectures[0]["heads"][0]["outputs"]
    if onnx := module("onnx"):
        file = FOLDER / f"{name}-{rows}.onnx"
        onnx.save(Graph(onnx, architectures, tensors, rows).model, file)
        if runtime := module("onnxruntime"):
            options = runtime.SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            session = runtime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
            run = lambda: session.run(None, {"input": x})
            yield "ONNX Runtime", lambda seconds: median_seconds(run, seconds), run()[0].ravel()
        if openvino := module("openvino"):
            rows_file = FOLDER / f"{name}-{rows}.input"
            x.tofile(rows_file)
            peer = OpenVINO(openvino, file, rows, columns, outputs, rows_file)
            yield "OpenVINO", peer.seconds, peer.logits
    if torch := module("torch"):
        torch.set_num_threads(1)
        network = torch_network(torch, architectures, tensors).eval()
        batch = torch.from_numpy(np.ascontiguousarray(x))
        with torch.inference_mode():
            frozen = torch.jit.freeze(torch.jit.trace(network, batch))
        for engine, function in (("PyTorch", network), ("TorchScript", frozen)):
            def run(function=function):
                with torch.inference_mode():
                    return function(batch)
            for _ in range(5):
                run()
            yield engine, lambda seconds, run=run: median_seconds(run, seconds), run()[0].numpy().ravel()


def forward(engines, name, rows, seconds):
    key = name, rows
    if key not in engines:
        engines[key] = list(forward_engines(name, rows))
    expected = np.fromfile(FOLDER / f"{name}.expected", np.float32)
    for engine, measure, logits in engines[key]:
        difference = np.abs(logits - expected[:len(logits)]).max()
        print(engine.replace(" ", "-"), measure(seconds), difference)


def train(name, rows, size):
    """One epoch of AdamW with the losses of the recipe: cross-entropy of the first head, hazard likelihood of the second."""
    torch = module("torch")
    if not torch:
        return
    torch.set_num_threads(2)
    architectures, tensors = ensemble(FOLDER / f"{name}.safetensors")
    network = torch_network(torch, architectures, tensors).train()
    x = torch.from_numpy(np.fromfile(FOLDER / f"{name}.input", np.float32).reshape(rows, -1))
    generator = torch.Generator().manual_seed(1)
    targets = [torch.randint(0, 2, (rows, h["outputs"]), generator=generator).float() for h in architectures[0]["heads"]]
    matrices = [p for p in network.parameters() if p.dim() > 1]
    vectors = [p for p in network.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.3}, {"params": vectors, "weight_decay": 0.0}],
                                  lr=3e-3, fused=True)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits
    times = []
    for _ in range(3):
        start, computed = time.perf_counter(), time.process_time()
        for chosen in torch.randperm(rows).split(size):
            logits = network(x[chosen])
            loss = sum(entropy(z, y[chosen], reduction="none").sum(1).mean() for z, y in zip(logits, targets))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
        times.append((time.perf_counter() - start, time.process_time() - computed))
    print("PyTorch", *(min(column) for column in zip(*times[1:])))


def main():
    engines = {}
    for line in sys.stdin:
        command, name, *numbers = line.split()
        try:
            if command == "forward":
                forward(engines, name, int(numbers[0]), float(numbers[1]))
            elif command == "train":
                train(name, int(numbers[0]), int(numbers[1]))
        except Exception as error:  # a peer that fails has no time; the others go on
            print(f"vigil: a peer failed: {error!r}", file=sys.stderr)
        print(".", flush=True)


main()
