"""PyTorch: trains, predicts, and measures the machine's convolution peak."""

import time

import numpy as np
import torch
from protocol import serve, work
from torch import nn

torch.set_num_threads(work["threads"])
torch.manual_seed(work["seed"])
mode = work["mode"].split()  # such as ["channels_last", "compile"]
memory_format = torch.channels_last if "channels_last" in mode else torch.contiguous_format
versions = {"torch": torch.__version__}


def build(network):
    """The network of the work's layer list, channels first as PyTorch counts them."""
    channels = network["inputShape"][2]
    layers = []
    for layer in network["layers"]:
        kind = layer["kind"]
        if kind == "conv":
            same = layer["kernel"] // 2 if layer["padding"] == "same" else 0
            options = {"padding": same, "bias": layer["bias"]}
            layers.append(nn.Conv2d(channels, layer["filters"], layer["kernel"], **options))
            channels = layer["filters"]
        elif kind == "maxPool":
            layers.append(nn.MaxPool2d(layer["size"]))
        elif kind == "batchNorm":
            layers.append(nn.BatchNorm2d(channels, eps=layer["epsilon"], momentum=1 - layer["momentum"]))
        elif kind == "relu":
            layers.append(nn.ReLU())
        elif kind == "flatten":
            layers.append(nn.Flatten())
        elif kind == "dense":
            layers.append(nn.Linear(layer["inputs"], layer["units"]))
    return nn.Sequential(*layers).to(memory_format=memory_format)


def batches():
    """The seeded images and labels of one round, cut into batches."""
    random = np.random.default_rng(work["seed"])
    height, width, channels = work["network"]["inputShape"]
    count = work["batchSize"] * work["steps"]
    xs = torch.from_numpy(random.standard_normal((count, channels, height, width), dtype=np.float32))
    ys = torch.from_numpy(random.integers(0, 10, count))
    return list(zip(xs.to(memory_format=memory_format).split(work["batchSize"]), ys.split(work["batchSize"])))


def parameters_of(model):
    return sum(parameter.numel() for parameter in model.parameters())


def train():
    model = build(work["network"])
    parameters = parameters_of(model)
    optimizer_work = work["network"]["optimizer"]
    if optimizer_work["name"] == "adam":
        optimizer = torch.optim.Adam(model.parameters(), lr=optimizer_work["learningRate"], fused=True)
    else:
        optimizer = torch.optim.SGD(
            model.parameters(),
            lr=optimizer_work["learningRate"],
            momentum=optimizer_work["momentum"],
            nesterov=True,
            fused=True,
        )

    def loss_of(xs, ys):
        with torch.autocast("cpu", torch.bfloat16, enabled="autocast" in mode):
            return nn.functional.cross_entropy(model(xs), ys)

    if "compile" in mode:
        loss_of = torch.compile(loss_of)
    data = batches()

    def run_round():
        for xs, ys in data:
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(xs, ys)
            loss.backward()
            optimizer.step()
            last = loss.item()
        return {"loss": last}

    return run_round, parameters


def predict():
    model = build(work["network"]).eval()
    parameters = parameters_of(model)
    data = batches()
    if "fold" in mode:
        from torch.fx.experimental.optimization import fuse

        model = fuse(model)
    if "freeze" in mode:  # weights become constants, which oneDNN may lay out anew; batch norm is folded
        torch._inductor.config.freezing = True
    if "compile" in mode:
        model = torch.compile(model)
    if "jit" in mode:
        with torch.inference_mode():
            model = torch.jit.optimize_for_inference(torch.jit.trace(model, data[0][0]))

    @torch.inference_mode()
    def run_round():
        for xs, _ys in data:
            model(xs).numpy()

    return run_round, parameters


def peak():
    """The best that convolutions reach on this machine: forward alone, or forward and both gradients."""
    gradients = work["gradients"]
    dtype = torch.bfloat16 if "bfloat16" in mode else torch.float32
    cases = []
    for channels_in, channels_out, side in [(256, 256, 8), (64, 256, 16), (64, 64, 32)]:
        for layout in ["contiguous_format", "channels_last"]:
            form = getattr(torch, layout)
            conv = nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False).to(dtype, memory_format=form)
            xs = torch.rand(256, channels_in, side, side).to(dtype, memory_format=form).requires_grad_(gradients)
            forward = 2 * 9 * channels_in * channels_out * side * side * 256
            shape = f"3x3 {channels_in}->{channels_out} on {side}x{side}"
            name = f"{shape}, {'NCHW' if layout == 'contiguous_format' else layout}"
            cases.append((name, conv, xs, forward * (3 if gradients else 1)))

    def once(conv, xs):
        if not gradients:
            with torch.inference_mode():
                conv(xs)
            return
        conv.weight.grad = xs.grad = None
        ys = conv(xs)
        ys.backward(ys)  # any gradient of that shape and format will do

    def run_round():
        speeds = {}
        for name, conv, xs, flop in cases:
            once(conv, xs)
            start = time.perf_counter()
            once(conv, xs)
            speeds[name] = flop / (time.perf_counter() - start) / 1e9
        return {"speeds": speeds}

    return run_round, None


run_round, parameters = {"train": train, "predict": predict, "peak": peak}[work["task"]]()
images = 256 if work["task"] == "peak" else work["batchSize"] * work["steps"]
serve(run_round, images=images, versions=versions, settings=work["settings"], parameters=parameters)
