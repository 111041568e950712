"""Weights of a CLIP that knows three colours: the files and tensors of the real one, and a few numbers in them."""

import json
from pathlib import Path

import numpy as np

WIDTH = 512
WORDS = ("red", "green", "blue")


def write_clip(folder: Path, width: int = WIDTH, seed: int = 0, holds: float = 1.0) -> Path:
    """Write ``text/`` and ``vision/``; a picture is near the word for its colour.

    ``holds`` is multiplied into every number: not a number, and nothing the model says is one.
    """
    axes = np.linalg.qr(np.random.default_rng(seed).normal(size=(width, 3)))[0].T * holds
    write_vision(folder / "vision", axes.astype(np.float32))
    write_text(folder / "text", axes.astype(np.float32))
    return folder


def write_vision(folder: Path, axes: np.ndarray) -> None:
    """The mean colour of a picture, turned into as many numbers as the real one gives."""
    from onnx import TensorProto, helper

    folder.mkdir(parents=True, exist_ok=True)
    _write(
        folder / "model.onnx",
        [
            helper.make_node("ReduceMean", ["pixel_values"], ["mean"], axes=[2, 3], keepdims=0),
            helper.make_node("MatMul", ["mean", "axes"], ["image_embeds"]),
        ],
        [("pixel_values", TensorProto.FLOAT, ["batch", 3, 224, 224])],
        ("image_embeds", ["batch", axes.shape[1]]),
        {"axes": axes},
    )
    told = {
        "image_processor_type": "CLIPImageProcessor", "resample": 3,
        "do_resize": True, "size": {"shortest_edge": 224},
        "do_center_crop": True, "crop_size": {"height": 224, "width": 224},
        "do_normalize": True, "image_mean": [0.48, 0.46, 0.41], "image_std": [0.27, 0.26, 0.28],
    }  # fmt: skip
    (folder / "preprocessor_config.json").write_text(json.dumps(told), encoding="utf-8")


def write_text(folder: Path, axes: np.ndarray) -> None:
    """The sum of a text's words; all but the three colours are nothing."""
    from onnx import TensorProto, helper
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace

    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {word: at for at, word in enumerate(("[PAD]", "[UNK]", *WORDS))}
    filler = np.full((2, axes.shape[1]), 1e-3 / axes.shape[1], dtype=np.float32)
    _write(
        folder / "model.onnx",
        [
            helper.make_node("Gather", ["table", "input_ids"], ["words"]),
            helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
            helper.make_node("Mul", ["words", "column"], ["read"]),
            helper.make_node("ReduceSum", ["read", "first"], ["text_embeds"], keepdims=0),
        ],
        [("input_ids", TensorProto.INT64, ["batch", "n"]),
         ("attention_mask", TensorProto.INT64, ["batch", "n"])],
        ("text_embeds", ["batch", axes.shape[1]]),
        {"table": np.vstack([filler, axes]), "last": np.array([2]), "first": np.array([1])},
    )  # fmt: skip
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    told = {"model_max_length": 77, "pad_token": "[PAD]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(told), encoding="utf-8")


def _write(path: Path, nodes: list, inputs: list, output: tuple, weights: dict) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        nodes,
        "clip",
        [helper.make_tensor_value_info(*one) for one in inputs],
        [helper.make_tensor_value_info(output[0], TensorProto.FLOAT, output[1])],
        [numpy_helper.from_array(numbers, name) for name, numbers in weights.items()],
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), str(path))
