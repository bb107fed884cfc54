"""Train the x2 network of `inference/image/upscale.py` and write it as ONNX.

    python scripts/train_upscale.py FOLDER [FOLDER …] inference/weights/upscale.onnx

This needs torch and `onnx` (pip install '.[train]'). The folders hold the photos named in PHOTOS; docs/upscale.md lists
their sources, authors and licences. With one thread and one seed, the same photos give the same network.

The network adds a learnt residual to a Lanczos enlargement, which is a fixed convolution here. Both are sub-pixel
convolutions (Shi et al., «Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
Neural Network», CVPR 2016) around residual blocks without normalisation (Lim et al., «Enhanced Deep Residual Networks
for Single Image Super-Resolution», CVPRW 2017).
"""

from __future__ import annotations

import argparse
import copy
import time
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

PHOTOS: Final = (
    "Picture_0B_by_freespace.jpg",
    "Picture_1A_by_freespace.jpg",
    "aitzgorri_by_Aitzol_Berasategi.jpg",
    "friends_by_Aitzol_Berasategi.jpg",
    "life_by_Aitzol_Berasategi.jpg",
    "seeding_by_Clements_Engelhardt.jpg",
    "sunset_by_Aitzol_Berasategi.jpg",
    "umang_by_Abhishek_Mudgal.jpg",
    "china.jpg",
    "flower.jpg",
    "hubble_deep_field.jpg",
)
SIDES: Final = (1800, 1100, 700)  # longest sides in px of the training copies of a photo, as far as it is large enough
# Filters for halving a photo.
FILTERS: Final = (Image.Resampling.LANCZOS,) * 3 + (Image.Resampling.BICUBIC, Image.Resampling.BOX)
CHANNELS, BLOCKS = 48, 3
REACH: Final = 9  # px around an output that it depends on: 2 + 6 x 1 + 1
CROP, BATCH = 48, 8  # px of the halved photo, crops per step
RATE, FINAL_RATE = 1.5e-3, 1e-5
WARM_UP: Final = 200  # steps
MEMORY: Final = 0.999  # decay of the running mean of the weights, which is the result
SEED: Final = 20_26

Bytes = NDArray[np.uint8]


def main() -> None:
    """Parse the command line, train, and write the network."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--steps", type=int, default=5000)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    pairs = [pair for name in PHOTOS for pair in _pairs(_found(name, arguments.folders))]
    network = train(Upscaler(), pairs, arguments.steps)
    arguments.out.write_bytes(as_onnx(network).SerializeToString())
    parameters = sum(parameter.numel() for parameter in network.parameters())
    print(f"{arguments.out}: {parameters} parameters, {arguments.out.stat().st_size} bytes")


def _found(name: str, folders: list[Path]) -> Path:
    for folder in folders:
        for path in sorted(folder.rglob(name)):
            return path
    raise SystemExit(f"{name} is in none of the folders; docs/upscale.md says where it comes from")


def _pairs(path: Path) -> list[tuple[Bytes, Bytes]]:
    """Return (halved, whole) of a photo at each size and by each filter."""
    pairs = []
    with Image.open(path) as file:
        photo = file.convert("RGB")
    for side in SIDES:
        factor = side / max(photo.size)
        if factor <= 1 or side == SIDES[-1]:
            width, height = (max(2, round(length * min(factor, 1) / 2)) for length in photo.size)
            whole = photo.resize((2 * width, 2 * height), Image.Resampling.LANCZOS)
            pairs += [(np.asarray(whole.resize((width, height), way)), np.asarray(whole)) for way in FILTERS]
    return pairs


class Upscaler(nn.Module):
    """The network: (n, 3, h, w) with values 0 to 1 -> (n, 3, 2h, 2w)."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, CHANNELS, 5, padding=2)
        self.body = nn.ModuleList(nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1) for _ in range(2 * BLOCKS))
        self.tail = nn.Conv2d(CHANNELS, 12, 3, padding=1)
        self.register_buffer("lanczos", lanczos())
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]

    def forward(self, picture: Tensor) -> Tensor:
        """Return the enlarged images."""
        features = functional.relu(self.head(picture))
        for first, second in zip(self.body[::2], self.body[1::2], strict=True):
            features = features + second(functional.relu(first(features)))
        enlarged = functional.conv2d(picture.float(), self.lanczos, padding=3)
        return functional.pixel_shuffle(self.tail(features).float() + enlarged, 2)


def lanczos() -> Tensor:
    """Return the Lanczos weights, (12, 3, 7, 7): four sub-pixels per channel, a quarter pixel off centre, radius 3."""
    taps = np.arange(-3, 4)
    phases = []
    for offset in (-0.25, 0.25):
        distance = taps - offset
        kernel = np.where(abs(distance) < 3, np.sinc(distance) * np.sinc(distance / 3), 0)
        phases.append(kernel / kernel.sum())
    weight = np.zeros((12, 3, 7, 7), np.float32)
    for colour in range(3):
        for down in range(2):
            for across in range(2):
                weight[4 * colour + 2 * down + across, colour] = np.outer(phases[down], phases[across])
    return torch.from_numpy(weight)


def train(network: Upscaler, pairs: list[tuple[Bytes, Bytes]], steps: int) -> Upscaler:
    """Train the network and return the running mean of its weights."""
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    kept = copy.deepcopy(network)
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    random, started, losses = np.random.default_rng(SEED), time.process_time(), []
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = _rate(step, steps)
        small, large = _batch(pairs, random)
        with torch.autocast("cpu", torch.bfloat16):
            guess = network(small)
        inside = slice(2 * REACH, -2 * REACH)
        loss = functional.l1_loss(guess[..., inside, inside], large[..., inside, inside])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        _remember(kept, network, min(MEMORY, step / (step + 10)))
        losses.append(loss.item())
        if (step + 1) % 250 == 0:
            seconds = time.process_time() - started
            print(f"step {step + 1}: L1 {255 * np.mean(losses[-250:]):.3f} grey levels, {seconds:.0f} s", flush=True)
    return kept


def _rate(step: int, steps: int) -> float:
    """Return the learning rate: a linear rise, then half a cosine down."""
    down = (1 + np.cos(np.pi * step / steps)) / 2
    return float(min(1, (step + 1) / WARM_UP) * (FINAL_RATE + (RATE - FINAL_RATE) * down))


@torch.no_grad()
def _remember(kept: Upscaler, network: Upscaler, memory: float) -> None:
    for old, new in zip(kept.parameters(), network.parameters(), strict=True):
        old.lerp_(new, 1 - memory)


def _batch(pairs: list[tuple[Bytes, Bytes]], random: np.random.Generator) -> tuple[Tensor, Tensor]:
    crops = [_crop(pairs, random) for _ in range(BATCH)]
    small, large = (np.stack([crop[part] for crop in crops]) for part in range(2))
    return _tensor(small), _tensor(large)


def _crop(pairs: list[tuple[Bytes, Bytes]], random: np.random.Generator) -> tuple[Bytes, Bytes]:
    """Return the more detailed of two random crops, rotated and mirrored at random."""
    _detail, small, large = max((_random_crop(pairs, random) for _ in range(2)), key=lambda crop: crop[0])
    turns, mirror = int(random.integers(4)), 1 - 2 * int(random.integers(2))
    return np.rot90(small, turns)[::mirror], np.rot90(large, turns)[::mirror]


def _random_crop(pairs: list[tuple[Bytes, Bytes]], random: np.random.Generator) -> tuple[float, Bytes, Bytes]:
    small, large = pairs[random.integers(len(pairs))]
    top, left = (int(random.integers(length - CROP + 1)) for length in small.shape[:2])
    crop = small[top : top + CROP, left : left + CROP]
    detail = float(np.abs(np.diff(crop.astype(np.int16), axis=1)).mean())
    return detail, crop, large[2 * top : 2 * (top + CROP), 2 * left : 2 * (left + CROP)]


def _tensor(pictures: Bytes) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float().div_(255)


def as_onnx(network: Upscaler) -> ModelProto:
    """Return the network as ONNX: uint8 (1, h, w, 3) -> uint8 (1, 2h, 2w, 3) for any h and w."""
    nodes: list[NodeProto] = []
    tensors: list[TensorProto] = []

    def tensor(name: str, value: NDArray[np.float32]) -> str:
        tensors.append(numpy_helper.from_array(value, name))
        return name

    def node(operator: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def convolution(name: str, source: str, layer: nn.Conv2d) -> str:
        weight, bias = (part.detach().contiguous().numpy() for part in (layer.weight, layer.bias))
        reach = layer.kernel_size[0] // 2
        inputs = [source, tensor(f"{name}_weight", weight), tensor(f"{name}_bias", bias)]
        return node("Conv", inputs, name, pads=[reach] * 4)

    full = tensor("full", np.float32(255).reshape(()))
    node("Cast", ["picture"], "floats", to=TensorProto.FLOAT)
    node("Div", ["floats", full], "fractions")
    node("Transpose", ["fractions"], "planes", perm=[0, 3, 1, 2])
    features = node("Relu", [convolution("head", "planes", network.head)], "features_0")
    for number, (first, second) in enumerate(zip(network.body[::2], network.body[1::2], strict=True), 1):
        active = node("Relu", [convolution(f"first_{number}", features, first)], f"active_{number}")
        change = convolution(f"second_{number}", active, second)
        features = node("Add", [features, change], f"features_{number}")
    detail = convolution("detail", features, network.tail)
    enlarged = node("Conv", ["planes", tensor("lanczos", network.lanczos.numpy())], "enlarged", pads=[3] * 4)
    node("Add", [detail, enlarged], "sub_pixels")
    node("DepthToSpace", ["sub_pixels"], "large_planes", blocksize=2, mode="CRD")
    node("Transpose", ["large_planes"], "large_fractions", perm=[0, 2, 3, 1])
    node("Mul", ["large_fractions", full], "large_floats")
    node("Round", ["large_floats"], "rounded")
    node("Clip", ["rounded", tensor("black", np.float32(0).reshape(())), full], "clipped")
    node("Cast", ["clipped"], "enlargement", to=TensorProto.UINT8)
    picture = helper.make_tensor_value_info("picture", TensorProto.UINT8, [1, "height", "width", 3])
    larger = helper.make_tensor_value_info("enlargement", TensorProto.UINT8, [1, "twice_height", "twice_width", 3])
    graph = helper.make_graph(nodes, "upscale", [picture], [larger], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"photos": " ".join(PHOTOS), "licence": "MIT"})
    checker.check_model(model, full_check=True)
    return model


if __name__ == "__main__":
    main()
