"""Convert the classifier of the npm package `nsfwjs` (MIT) to ONNX, without TensorFlow.

    npm pack nsfwjs@4.3.0 && tar xzf nsfwjs-4.3.0.tgz
    python scripts/convert_nsfw.py package inference/weights/nsfw.onnx

This needs `node`, because the package wraps its weights in modules, and `onnx` (pip install '.[train]'). Weights keep
the 8-bit codes of the package. Each convolution reads them through DequantizeLinear with a scale per output channel,
which includes the batch normalisation that follows. The network takes an image's bytes and returns probabilities.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

MODEL: Final = "dist/models/mobilenet_v2"
CLASSES: Final = ("drawing", "hentai", "neutral", "porn", "sexy")  # in the order of nsfw_classes.js
SIDE: Final = 224
EPSILON: Final = 0.001
OPSET: Final = 17  # has DequantizeLinear per axis, and is the oldest that current runtimes still test

Floats = NDArray[np.float32]


def main(package: str, out: str) -> None:
    """Convert the package in a folder and write the ONNX file."""
    folder = Path(package) / MODEL
    model = _exported(folder / "model.min.js")
    (group,) = model["weightsManifest"]
    data = b"".join(base64.b64decode(_exported(folder / f"{path}.min.js")) for path in group["paths"])
    layers = model["modelTopology"]["model_config"]["config"]["layers"]
    graph = Graph(_weights(group["weights"], data), _norms(layers))
    for layer in layers:
        graph.add(layer["class_name"], layer["config"], _sources(layer))
    Path(out).write_bytes(graph.model().SerializeToString())
    print(f"{out}: {Path(out).stat().st_size} bytes, {len(graph.nodes)} nodes")


def _sources(layer: dict[str, Any]) -> list[str]:
    return [node[0] for inbound in layer["inbound_nodes"] for node in inbound]


def _norms(layers: list[dict[str, Any]]) -> dict[str, str]:
    norms = [layer for layer in layers if layer["class_name"] == "BatchNormalization"]
    if any(norm["config"]["epsilon"] != EPSILON for norm in norms):
        raise ValueError(f"a batch normalisation has another epsilon than {EPSILON}")
    return {_sources(norm)[0]: norm["name"] for norm in norms}


def _exported(module: Path) -> Any:
    code = f"JSON.stringify(require({json.dumps(str(module.resolve()))}))"
    return json.loads(subprocess.run(["node", "-p", code], check=True, capture_output=True).stdout)


@dataclass(frozen=True)
class Weight:
    """An 8-bit tensor: value = code * scale + low."""

    codes: NDArray[np.uint8]
    scale: float
    low: float

    @property
    def values(self) -> Floats:
        """The tensor as floats."""
        return np.asarray(self.codes * self.scale + self.low, np.float32)

    @property
    def zero(self) -> np.uint8:
        """The code of zero. Every range that contains zero has one."""
        code = -self.low / self.scale
        if abs(code - round(code)) > 1e-3 or not 0 <= round(code) <= 255:
            raise ValueError(f"zero has no code: low {self.low}, scale {self.scale}")
        return np.uint8(round(code))


def _weights(specs: list[dict[str, Any]], data: bytes) -> dict[str, Weight]:
    weights, codes, start = {}, np.frombuffer(data, np.uint8), 0
    for spec in specs:
        end = start + int(np.prod(spec["shape"]))
        quantization = spec["quantization"]
        if quantization["dtype"] != "uint8":
            raise ValueError(f"{spec['name']} has {quantization['dtype']} codes, not uint8")
        weights[spec["name"]] = Weight(
            codes[start:end].reshape(spec["shape"]), quantization["scale"], quantization["min"]
        )
        start = end
    if start != codes.size:
        raise ValueError(f"{codes.size} bytes of weights for {start} parameters")
    return weights


@dataclass
class Graph:
    """An ONNX graph, built from Keras layers. Tensors are (batch, channel, height, width)."""

    weights: dict[str, Weight]
    norms: dict[str, str]  # name of a convolution -> the batch normalisation that follows it
    nodes: list[NodeProto] = field(default_factory=list)
    tensors: list[TensorProto] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # name of a Keras layer -> its output in this graph
    padding: dict[str, list[int]] = field(
        default_factory=dict
    )  # of Keras layers that only pad: top, left, bottom, right

    def add(self, kind: str, config: dict[str, Any], sources: list[str]) -> None:
        """Add a Keras layer. Raises ValueError for an unknown kind."""
        name, inputs = config["name"], [self.names[source] for source in sources]
        self.names[name] = name
        match kind:
            case "InputLayer":
                self._read_picture(name)
            case "ZeroPadding2D":
                (top, bottom), (left, right) = config["padding"]
                self.padding[name], self.names[name] = [top, left, bottom, right], inputs[0]
            case "Conv2D" | "DepthwiseConv2D":
                self._convolve(config, inputs[0], self.padding.get(sources[0]), depthwise=kind != "Conv2D")
            case "ReLU":
                self._node(
                    "Clip", [inputs[0], self._tensor("zero", 0.0), self._tensor("six", config["max_value"])], name
                )
            case "Add":
                self._node("Add", inputs, name)
            case "AveragePooling2D":  # 7 x 7 of 7 x 7
                self._node("GlobalAveragePool", inputs, name)
            case "Flatten":
                self._node("Flatten", inputs, name)
            case "Dense":
                self._multiply(config, inputs[0])
            case "BatchNormalization" | "Dropout":  # folded into the convolution before it, or active in training only
                self.names[name] = inputs[0]
            case _:
                raise ValueError(f"no translation for the layer {kind}")

    def model(self) -> ModelProto:
        """Return the finished model."""
        picture = helper.make_tensor_value_info("picture", TensorProto.UINT8, [1, SIDE, SIDE, 3])
        scores = helper.make_tensor_value_info(self.nodes[-1].output[0], TensorProto.FLOAT, [1, len(CLASSES)])
        graph = helper.make_graph(self.nodes, "nsfw", [picture], [scores], self.tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        helper.set_model_props(
            model, {"classes": " ".join(CLASSES), "source": "nsfwjs 4.3.0, MobileNetV2", "licence": "MIT"}
        )
        checker.check_model(model, full_check=True)
        return model

    def _read_picture(self, name: str) -> None:
        self._node("Cast", ["picture"], "floats", to=TensorProto.FLOAT)
        self._node("Div", ["floats", self._tensor("full", 255.0)], "fractions")
        self._node("Transpose", ["fractions"], name, perm=[0, 3, 1, 2])

    def _convolve(self, config: dict[str, Any], source: str, padded: list[int] | None, depthwise: bool) -> None:
        name, stride = config["name"], config["strides"][0]
        kernel = self.weights[f"{name}/depthwise_kernel" if depthwise else f"{name}/kernel"]
        gain, bias = self._normalisation(self.norms[name])
        codes = kernel.codes.transpose(2, 3, 0, 1) if depthwise else kernel.codes.transpose(3, 2, 0, 1)
        weight = self._dequantized(name, codes, kernel, gain)
        reach = codes.shape[2] // 2 if config["padding"] == "same" else 0
        if reach and stride != 1:
            raise ValueError(f"{name}: «same» padding of a strided convolution is not symmetric")
        self._node(
            "Conv",
            [source, weight, self._tensor(f"{name}_bias", bias)],
            name,
            strides=[stride, stride],
            pads=padded or [reach] * 4,
            group=codes.shape[0] if depthwise else 1,
        )

    def _normalisation(self, name: str) -> tuple[Floats, Floats]:
        """Return the gain and the bias per channel that a batch normalisation applies."""
        gamma, beta, mean, variance = (
            self.weights[f"{name}/{part}"].values for part in ("gamma", "beta", "moving_mean", "moving_variance")
        )
        gain = gamma / np.sqrt(variance + np.float32(EPSILON))
        return gain, beta - mean * gain

    def _multiply(self, config: dict[str, Any], source: str) -> None:
        name = config["name"]
        kernel, bias = self.weights[f"{name}/kernel"], self.weights[f"{name}/bias"].values
        weight = self._dequantized(name, kernel.codes.T, kernel, np.ones(bias.size, np.float32))
        self._node("Gemm", [source, weight, self._tensor(f"{name}_bias", bias)], f"{name}_sum", transB=1)
        self._node({"relu": "Relu", "softmax": "Softmax"}[config["activation"]], [f"{name}_sum"], name)

    def _dequantized(self, name: str, codes: NDArray[np.uint8], weight: Weight, gain: Floats) -> str:
        """Add a tensor of codes, (out, …), whose values are (code - zero) * scale * gain. Returns its name."""
        scale = self._tensor(f"{name}_scale", np.float32(weight.scale) * gain)
        zero = self._tensor(f"{name}_zero", np.full(gain.size, weight.zero))
        self._node("DequantizeLinear", [self._tensor(f"{name}_codes", codes), scale, zero], f"{name}_weight", axis=0)
        return f"{name}_weight"

    def _tensor(self, name: str, value: Any) -> str:
        if name not in {tensor.name for tensor in self.tensors}:
            array = np.ascontiguousarray(value, np.float32 if isinstance(value, float | int) else None)
            self.tensors.append(numpy_helper.from_array(array if np.ndim(value) else array.reshape(()), name))
        return name

    def _node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> None:
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))


if __name__ == "__main__":
    main(*sys.argv[1:])
