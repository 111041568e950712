"""How fast pictures are looked at: a network of the shape of CLIP's ViT-B/32, with random numbers in it.

    python -m bench.speed.clip --pictures ../shared/data/img_crackforest/tiles --threads 1,2

What is measured is what a run does: reading, decoding, scaling, the network, and keeping the vectors.
Numbers decide nothing about how long that takes. Needs fastembed and onnx.
"""

import argparse
import resource
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from resources.models.vectors.clip import clip_model
from resources.task.settings.schema import TaskSpec
from resources.task.settings.zero_shot import Clip
from resources.task.task import Task
from tests.fakes.clip_weights import write_clip

WIDTH, LAYERS, HEADS, PATCH, OUT = 768, 12, 12, 32, 512
TOKENS = (224 // PATCH) ** 2 + 1


class Network:
    """Nodes and numbers of an ONNX graph, in the order in which they are added."""

    def __init__(self) -> None:
        self.nodes: list = []
        self.weights: dict[str, np.ndarray] = {}
        self.rng = np.random.default_rng(0)

    def number(self, *shape: int) -> str:
        name = f"w{len(self.weights)}"
        self.weights[name] = self.rng.normal(0, 0.02, shape).astype(np.float32)
        return name

    def whole(self, *numbers: int) -> str:
        name = f"w{len(self.weights)}"
        self.weights[name] = np.array(numbers, dtype=np.int64)
        return name

    def add(self, kind: str, *inputs: str, **options: object) -> str:
        from onnx import helper

        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **options))
        return name

    def linear(self, x: str, wide: int, out: int) -> str:
        return self.add("Add", self.add("MatMul", x, self.number(wide, out)), self.number(out))

    def norm(self, x: str) -> str:
        return self.add("LayerNormalization", x, self.number(WIDTH), self.number(WIDTH))

    def heads(self, x: str, order: list[int]) -> str:
        parts = self.add("Reshape", x, self.whole(0, 0, HEADS, WIDTH // HEADS))
        return self.add("Transpose", parts, perm=order)


def vision(path: Path) -> None:
    """Write a transformer with 88 million numbers that takes what CLIP's takes, and gives as many."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    net = Network()
    patches = net.add(
        "Conv", "pixel_values", net.number(WIDTH, 3, PATCH, PATCH), strides=[PATCH, PATCH]
    )
    x = net.add("Transpose", net.add("Reshape", patches, net.whole(0, WIDTH, -1)), perm=[0, 2, 1])
    first = net.add("Slice", x, net.whole(0), net.whole(1), net.whole(1))
    x = net.norm(net.add("Add", net.add("Concat", first, x, axis=1), net.number(TOKENS, WIDTH)))
    for _ in range(LAYERS):
        y = net.norm(x)
        query, key, value = (
            net.heads(net.linear(y, WIDTH, WIDTH), order)
            for order in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3])
        )
        seen = net.add("MatMul", net.add("Softmax", net.add("MatMul", query, key)), value)
        flat = net.add(
            "Reshape", net.add("Transpose", seen, perm=[0, 2, 1, 3]), net.whole(0, 0, WIDTH)
        )
        x = net.add("Add", x, net.linear(flat, WIDTH, WIDTH))
        inner = net.linear(net.norm(x), WIDTH, 4 * WIDTH)
        x = net.add(
            "Add", x, net.linear(net.add("Mul", inner, net.add("Sigmoid", inner)), 4 * WIDTH, WIDTH)
        )
    token = net.add("Gather", net.norm(x), net.whole(0), axis=1)
    out = net.add("Reshape", net.add("MatMul", token, net.number(WIDTH, OUT)), net.whole(-1, OUT))
    graph = helper.make_graph(
        net.nodes,
        "vision",
        [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 3, 224, 224])],
        [helper.make_tensor_value_info(out, TensorProto.FLOAT, ["n", OUT])],
        [numpy_helper.from_array(numbers, name) for name, numbers in net.weights.items()],
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), str(path))


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--pictures", type=Path, required=True)
    asked.add_argument("--threads", default="1,2")
    asked.add_argument("--most", type=int, help="pictures, at most")
    said = asked.parse_args()
    names = sorted(path.name for path in said.pictures.iterdir())[: said.most]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "cracks"
        write_clip(folder / "weights")
        writing = get_context("spawn").Process(  # whose memory is not what a run takes
            target=vision, args=[folder / "weights" / "vision" / "model.onnx"]
        )
        writing.start()
        writing.join()
        source = {"files": "*.csv", "image": "image", "image_folder": str(said.pictures.absolute())}
        classes = [{"name": "a"}, {"name": "b"}]
        spec = TaskSpec.model_validate({"name": "cracks", "classes": classes, "source": source})
        for threads in map(int, said.threads.split(",")):
            task = Task(folder, spec, Path(made) / str(threads))
            model = clip_model(task, Clip(weights="weights", threads=threads), "bench")
            model.load()
            for what in ("seen for the first time", "kept"):
                started, worked = time.perf_counter(), time.process_time()
                vectors, _ = model.pictures(names)
                took, worked = time.perf_counter() - started, time.process_time() - worked
                print(
                    f"{threads} threads, {what}: {len(vectors)} pictures in {took:.1f} s "
                    f"({worked:.1f} s of a core), {len(vectors) / took:,.0f} a second, "
                    f"{worked / len(vectors) * 1e3:.1f} ms of a core each",
                    flush=True,
                )
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"memory at most: {most:.2f} GB")


if __name__ == "__main__":
    main()
