# SPDX-License-Identifier: Apache-2.0
"""What others do with the hook requests of `vigil bench service`: `service-peers.py fastapi PORT`, `fastapi-ensembles PORT` and
`healthchain PORT` serve them, `commits FILE` prints the median milliseconds of an SQLite commit of the file's compressed bytes.

The FastAPI services are written as fast as we know how: orjson, one pass over the observations, the networks by ONNX Runtime, the
garbage collector frozen. `fastapi` runs one small perceptron and explains nothing. `fastapi-ensembles` does the work that Vigil does: it
runs Vigil's own ensembles (Profiles/models), and explains a card of each by the same quadrature of integrated gradients (PyTorch, which
has gradients) and by as many hypothetical rows. The HealthChain service reads the request by HealthChain's own models, as its gateway
does. None of them records anything."""
import sys
import time


def network():
    """A perceptron of the size of one of ours, as ONNX, with weights that mean nothing."""
    import numpy as np
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    sizes = [180, 256, 128, 10]
    random = np.random.default_rng(7)
    nodes, weights, name = [], [], "x"
    for layer, (n, m) in enumerate(zip(sizes, sizes[1:])):
        weights += [
            numpy_helper.from_array((random.standard_normal((n, m)) / n**0.5).astype(np.float32), f"w{layer}"),
            numpy_helper.from_array(np.zeros(m, np.float32), f"b{layer}"),
        ]
        nodes.append(helper.make_node("Gemm", [name, f"w{layer}", f"b{layer}"], [f"g{layer}"]))
        name = f"g{layer}"
        if layer < len(sizes) - 2:
            nodes.append(helper.make_node("Relu", [name], [f"r{layer}"]))
            name = f"r{layer}"
    nodes.append(helper.make_node("Sigmoid", [name], ["y"]))
    graph = helper.make_graph(
        nodes, "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 180])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 10])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options)


# 36 signals, five statistics of each.
LOINC = ["8867-4", "8480-6", "8462-4", "8478-0", "9279-1", "8310-5", "2708-6", "2160-0", "3094-0", "2345-7", "2823-3", "2951-2",
         "6690-2", "777-3", "718-7", "4544-3", "32693-4", "1975-2", "1742-6", "1920-8", "6768-6", "1751-7", "2019-8", "2703-7",
         "2744-1", "3150-6", "9269-2", "9192-6", "29463-7", "8302-2", "2601-3", "1963-8", "10839-9", "6598-7", "2075-0", "11558-4"]
SIGNALS = {code: place for place, code in enumerate(LOINC)}


def cards(probability, words=None):
    return {"cards": [
        {"summary": f"Risk {100 * float(p):.0f} %", "indicator": "warning", "source": {"label": "peer"}, "detail": detail}
        for p, detail in zip(probability, words or ["...", "..."])]}


def perceptron():
    """Probabilities of one small network, of a vector of 180."""
    session = network()
    return lambda vector: (session.run(None, {"x": vector})[0][0], None)


def ensembles(profiles="Profiles", gaps=20, points=8):
    """The first head's probability by each of Vigil's ensembles, each explained, of a vector that is repeated up to their widths.

    `gaps` missing signals make two hypothetical rows each. A line of `points` nodes is enough for nearly every member."""
    import glob

    import numpy as np
    import onnx
    import onnxruntime
    import torch

    from ensembles import Graph, ensemble, torch_network

    torch.set_num_threads(1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    nodes, weights = np.polynomial.legendre.leggauss(points)
    nodes = torch.tensor((1 + nodes) / 2, dtype=torch.float32)[:, None]
    weights = torch.tensor(weights / 2, dtype=torch.float32)[:, None]
    models = []
    for file in sorted(glob.glob(f"{profiles}/models/*/*/weights.safetensors")):
        architectures, tensors = ensemble(file)
        run = lambda rows: onnxruntime.InferenceSession(
            Graph(onnx, architectures, tensors, rows).model.SerializeToString(), options)
        models.append((architectures[0]["inputs"], run(1), run(1 + 2 * gaps), torch_network(torch, architectures, tensors).eval()))

    def assess(vector):
        probabilities, words = [], []
        for width, one, many, gradients in models:
            row = np.resize(vector, (1, width))
            # Rising counts and sums would saturate every unit.
            np.tanh(row, out=row)
            probabilities.append(1 / (1 + np.exp(-one.run(None, {"input": row})[0][0, 0])))
            rows = np.repeat(row, 1 + 2 * gaps, 0)
            rows[np.arange(1, 1 + 2 * gaps), np.arange(2 * gaps) * 7 % width] += 1
            answers = many.run(None, {"input": rows})[0][1:, 0]
            x = torch.from_numpy(row)
            path = (nodes * x).requires_grad_()
            slopes, = torch.autograd.grad(gradients(path)[0][:, 0].sum(), path)
            contributions = ((weights * slopes).sum(0) * x[0]).numpy()
            most = np.argsort(-np.abs(contributions))[:5]
            words.append(", ".join(f"{place}: {contributions[place]:+.2f}" for place in most)
                         + f"; between {answers.min():.2f} and {answers.max():.2f}")
        return probabilities, words

    return assess


def fastapi(port, assess):
    import gc
    from datetime import datetime

    import numpy as np
    import orjson
    import uvicorn
    from fastapi import FastAPI, Request, Response

    app = FastAPI()

    @app.get("/readyz")
    async def ready():
        return {}

    @app.post("/cds-services/patient-risk")
    async def hook(request: Request):
        body = orjson.loads(await request.body())
        series = [[] for _ in SIGNALS]
        for value in body["prefetch"].values():
            for entry in value.get("entry", ()):
                resource = entry["resource"]
                if resource["resourceType"] != "Observation":
                    continue
                quantity, moment = resource.get("valueQuantity"), resource.get("effectiveDateTime")
                if quantity is None or moment is None:
                    continue
                for coding in resource["code"]["coding"]:
                    place = SIGNALS.get(coding.get("code"))
                    if place is not None:
                        series[place].append((datetime.fromisoformat(moment).timestamp(), quantity["value"]))
        vector = np.zeros((1, 180), np.float32)
        for place, values in enumerate(series):
            if values:
                values.sort()
                numbers = [value for _, value in values]
                vector[0, place * 5 : place * 5 + 5] = (
                    numbers[-1], min(numbers), max(numbers), sum(numbers) / len(numbers), len(numbers))
        return Response(orjson.dumps(cards(*assess(vector))), media_type="application/json")

    gc.collect()
    gc.freeze()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical", access_log=False)


def healthchain(port):
    import numpy as np
    import uvicorn
    from fastapi import FastAPI, Request
    from fhir.resources.R4B.bundle import Bundle
    from healthchain.models.requests.cdsrequest import CDSRequest
    from healthchain.models.responses.cdsresponse import Card, CDSResponse, Source

    session, app = network(), FastAPI()

    @app.get("/readyz")
    async def ready():
        return {}

    @app.post("/cds-services/patient-risk")
    def hook(request: CDSRequest):
        series = [[] for _ in SIGNALS]
        for value in request.prefetch.values():
            if value.get("resourceType") != "Bundle":
                continue
            for entry in Bundle(**value).entry or []:
                resource = entry.resource
                if resource.__class__.__name__ != "Observation" or resource.valueQuantity is None:
                    continue
                for coding in resource.code.coding:
                    place = SIGNALS.get(coding.code)
                    if place is not None:
                        series[place].append((resource.effectiveDateTime, float(resource.valueQuantity.value)))
        vector = np.zeros((1, 180), np.float32)
        for place, values in enumerate(series):
            if values:
                numbers = [value for _, value in sorted(values)]
                vector[0, place * 5 : place * 5 + 5] = (
                    numbers[-1], min(numbers), max(numbers), sum(numbers) / len(numbers), len(numbers))
        answer = cards(session.run(None, {"x": vector})[0][0])
        return CDSResponse(cards=[
            Card(summary=card["summary"], indicator=card["indicator"], source=Source(label="peer"), detail=card["detail"])
            for card in answer["cards"]])

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="critical", access_log=False)


def commits(path):
    import os
    import sqlite3
    import statistics
    import tempfile
    import zlib

    blob = zlib.compress(open(path, "rb").read())
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(os.path.join(folder, "t.sqlite"), isolation_level=None)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, bytes BLOB)")
        times = []
        for _ in range(400):
            begin = time.perf_counter()
            database.execute("INSERT INTO t (bytes) VALUES (?)", (blob,))
            times.append(time.perf_counter() - begin)
        print(statistics.median(times) * 1000)


{
    "fastapi": lambda port: fastapi(int(port), perceptron()),
    "fastapi-ensembles": lambda port: fastapi(int(port), ensembles()),
    "healthchain": lambda port: healthchain(int(port)),
    "commits": commits,
}[sys.argv[1]](sys.argv[2])
