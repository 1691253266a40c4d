"""The course's networks as PyTorch modules that load the course's safetensors files as they are."""

import json

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F


def norm(filters, epsilon=1e-5, momentum=0.9):
    # PyTorch's momentum is the share of the new statistics, Keras' and TensorFlow.js's that of the old ones.
    return nn.BatchNorm2d(filters, eps=epsilon, momentum=1 - momentum)


class SameConv2d(nn.Conv2d):
    """Pads as TensorFlow's `same`: with a stride, one row or column more at the end than at the start."""

    def forward(self, xs):
        around = []
        for size, kernel, stride in zip(xs.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1]):
            outside = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            around += [outside // 2, outside - outside // 2]  # left, right, then top, bottom
        return super().forward(F.pad(xs, around))


class Baseline(nn.Module):
    def __init__(self, channels, features, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 32, 3)
        self.conv2 = nn.Conv2d(32, 64, 3)
        self.conv3 = nn.Conv2d(64, 64, 3)
        self.dense1 = nn.Linear(features, 64)
        self.dense2 = nn.Linear(64, classes)

    def forward(self, xs):
        xs = F.max_pool2d(F.relu(self.conv1(xs)), 2)
        xs = F.max_pool2d(F.relu(self.conv2(xs)), 2)
        xs = F.relu(self.conv3(xs)).flatten(1)
        return self.dense2(F.relu(self.dense1(xs)))


class Regularized(nn.Module):
    def __init__(self, channels, filters, classes):
        super().__init__()
        for i, (before, after) in enumerate(zip([channels, *filters], filters), 1):
            self.add_module(f"conv{i}", nn.Conv2d(before, after, 3, padding=1, bias=False))
            self.add_module(f"norm{i}", norm(after))
        self.dense = nn.Linear(filters[-1], classes)

    def forward(self, xs):
        xs = F.max_pool2d(F.relu(self.norm1(self.conv1(xs))), 2)
        xs = F.max_pool2d(F.relu(self.norm2(self.conv2(xs))), 2)
        xs = F.relu(self.norm3(self.conv3(xs)))
        xs = F.max_pool2d(F.relu(self.norm4(self.conv4(xs))), 2)
        return self.dense(xs.mean((2, 3)))


class Vgg(nn.Sequential):
    def __init__(self, channels, blocks, features, classes):
        super().__init__()
        for i, filters in enumerate(blocks, 1):
            for j, after in enumerate(filters, 1):
                self.add_module(f"block{i}_{j}_conv", nn.Conv2d(channels, after, 3, padding=1, bias=False))
                self.add_module(f"block{i}_{j}_norm", norm(after))
                self.add_module(f"block{i}_{j}_relu", nn.ReLU())
                channels = after
            self.add_module(f"block{i}_pool", nn.MaxPool2d(2, ceil_mode=True))  # as TensorFlow's `same`
        self.add_module("flatten", nn.Flatten())
        self.add_module("dense", nn.Linear(features, classes))


class Resnet(nn.Module):
    def __init__(self, channels, width, blocks_per_stage, classes):
        super().__init__()
        self.add("stem", channels, width)
        self.blocks = []
        channels = width
        for i, blocks in enumerate(blocks_per_stage):
            for j in range(blocks):
                name, filters = f"stage{i + 1}_block{j + 1}", width * 2**i
                stride = 2 if i > 0 and j == 0 else 1
                self.add(f"{name}_1", channels, filters, stride=stride)
                self.add(f"{name}_2", filters, filters)
                if stride > 1 or channels != filters:
                    self.add(f"{name}_shortcut", channels, filters, kernel=1, stride=stride)
                self.blocks.append(name)
                channels = filters
        self.dense = nn.Linear(channels, classes)

    def add(self, name, before, after, kernel=3, stride=1):
        self.add_module(f"{name}_conv", SameConv2d(before, after, kernel, stride=stride, bias=False))
        self.add_module(f"{name}_norm", norm(after))

    def conv(self, name, xs):
        return self.get_submodule(f"{name}_norm")(self.get_submodule(f"{name}_conv")(xs))

    def forward(self, xs):
        xs = F.relu(self.conv("stem", xs))
        for name in self.blocks:
            changed = self.conv(f"{name}_2", F.relu(self.conv(f"{name}_1", xs)))
            shortcut = self.conv(f"{name}_shortcut", xs) if hasattr(self, f"{name}_shortcut_conv") else xs
            xs = F.relu(changed + shortcut)
        return self.dense(xs.mean((2, 3)))


class Airbench(nn.Sequential):
    def __init__(self, channels, widths, classes, scale):
        super().__init__()
        self.scale = scale
        before = 2 * 2 * 2 * channels
        self.add_module("whiten", nn.Conv2d(channels, before, 2))
        self.add_module("whiten_gelu", nn.GELU())
        for i, width in enumerate(widths, 1):
            self.add_module(f"group{i}_conv1", nn.Conv2d(before, width, 3, padding=1, bias=False))
            self.add_module(f"group{i}_pool", nn.MaxPool2d(2))
            self.add_module(f"group{i}_norm1", norm(width, epsilon=1e-12, momentum=0.6))
            self.add_module(f"group{i}_gelu1", nn.GELU())
            self.add_module(f"group{i}_conv2", nn.Conv2d(width, width, 3, padding=1, bias=False))
            self.add_module(f"group{i}_norm2", norm(width, epsilon=1e-12, momentum=0.6))
            self.add_module(f"group{i}_gelu2", nn.GELU())
            before = width
        self.add_module("pool", nn.AdaptiveMaxPool2d(1))
        self.add_module("flatten", nn.Flatten())
        self.add_module("dense", nn.Linear(before, classes, bias=False))

    def forward(self, xs):
        return super().forward(xs) * self.scale


class Mobilenet(nn.Sequential):
    def __init__(self, channels, filters, classes):
        super().__init__()
        self.add("conv1", SameConv2d(channels, filters[0], 3, stride=2, bias=False))
        for i, (before, after) in enumerate(zip(filters, filters[1:]), 1):
            stride = 2 if i in (2, 4, 6, 12) else 1
            if stride == 2:
                self.add_module(f"conv_pad_{i}", nn.ZeroPad2d((0, 1, 0, 1)))
            padding = 0 if stride == 2 else 1
            options = {"stride": stride, "padding": padding, "groups": before, "bias": False}
            self.add(f"conv_dw_{i}", nn.Conv2d(before, before, 3, **options))
            self.add(f"conv_pw_{i}", nn.Conv2d(before, after, 1, bias=False))
        self.add_module("average", nn.AdaptiveAvgPool2d(1))
        self.add_module("flatten", nn.Flatten())
        self.add_module("conv_preds", nn.Linear(filters[-1], classes))

    def add(self, name, conv):
        self.add_module(name, conv)
        self.add_module(f"{name}_bn", norm(conv.out_channels, epsilon=1e-3))
        self.add_module(f"{name}_relu", nn.ReLU6())


def build(name, tensors, metadata):
    """The network called `name` in the size of `tensors`, its state_dict; with weights of its own."""

    def outputs(layer):
        return tensors[f"{layer}.weight"].shape[0]

    def count(pattern, first=1):
        return next(i for i in range(first, 100) if f"{pattern.format(i)}.weight" not in tensors) - first

    layers = {layer["name"]: layer for layer in json.loads(metadata["network"])["layers"]}
    channels = json.loads(metadata["network"])["inputShape"][2]
    if name == "baseline":
        return Baseline(channels, tensors["dense1.weight"].shape[1], outputs("dense2"))
    if name == "regularized":
        return Regularized(channels, [outputs(f"conv{i}") for i in range(1, 5)], outputs("dense"))
    if name == "vgg":
        blocks = [
            [outputs(f"block{i}_{j}_conv") for j in range(1, 1 + count(f"block{i}_{{}}_conv"))]
            for i in range(1, 1 + count("block{}_1_conv"))
        ]
        return Vgg(channels, blocks, tensors["dense.weight"].shape[1], outputs("dense"))
    if name == "resnet":
        stages = range(1, 1 + count("stage{}_block1_1_conv"))
        blocks_per_stage = [count(f"stage{i}_block{{}}_1_conv") for i in stages]
        return Resnet(channels, outputs("stem_conv"), blocks_per_stage, outputs("dense"))
    if name == "airbench":
        widths = [outputs(f"group{i}_conv1") for i in range(1, 1 + count("group{}_conv1"))]
        return Airbench(channels, widths, outputs("dense"), layers["scale"]["config"]["scale"])
    if name == "mobilenet":
        filters = [outputs("conv1"), *(outputs(f"conv_pw_{i}") for i in range(1, 14))]
        return Mobilenet(channels, filters, outputs("conv_preds"))
    raise ValueError(f"no PyTorch module for {name}")


def load(file):
    """A file of the course's as a module with its weights, and its metadata."""
    tensors = load_file(file)
    with safe_open(file, framework="pt") as opened:
        metadata = opened.metadata()
    module = build(json.loads(metadata["network"])["name"], tensors, metadata)
    module.load_state_dict(tensors)  # strict: each name on both sides, in the same shape
    return module, metadata


def normalize(pixels, metadata):
    """Bytes, [batch, height, width, channels], as PyTorch's networks take them: [batch, channels, height, width]."""
    normalization = json.loads(metadata["normalization"])
    mean, std = (torch.tensor(normalization[key], dtype=torch.float64) for key in ("mean", "std"))
    return ((pixels / 255.0 - mean) / std).float().permute(0, 3, 1, 2).contiguous()


@torch.inference_mode()
def probabilities(module, metadata, pixels):
    return module.eval()(normalize(pixels, metadata)).softmax(1)
