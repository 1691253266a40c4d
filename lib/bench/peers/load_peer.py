"""Reads CIFAR-10's six binary files into bytes, [count, 32, 32, 3], or into normalized float32."""

from pathlib import Path

import numpy as np
from protocol import serve, work

names = [f"data_batch_{n}.bin" for n in range(1, 6)] + ["test_batch.bin"]
files = [Path(work["folder"], name) for name in names]
mean, std = np.float32(work["mean"]), np.float32(work["std"])  # of values in [0, 1], a channel each


def with_numpy(floats):
    def run_round():
        for part in files[:5], files[5:]:
            records = np.concatenate([np.fromfile(file, np.uint8).reshape(-1, 3073) for file in part])
            records[:, 0].astype(np.int64)  # the labels
            pixels = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
            if floats:
                xs = pixels.astype(np.float32, order="C")
                xs *= 1 / (255 * std)
                xs -= mean / std
            else:
                np.ascontiguousarray(pixels)

    return run_round, {"numpy": np.__version__}


def with_torch(floats):
    import torch

    torch.set_num_threads(work["threads"])
    scale, offset = torch.from_numpy(1 / (255 * std)), torch.from_numpy(mean / std)

    def run_round():
        for part in files[:5], files[5:]:
            parts = [torch.from_file(str(file), size=file.stat().st_size, dtype=torch.uint8) for file in part]
            records = torch.cat(parts).view(-1, 3073)
            records[:, 0].long()  # the labels
            pixels = records[:, 1:].reshape(-1, 3, 32, 32).permute(0, 2, 3, 1)
            if floats:
                xs = pixels.to(torch.float32, memory_format=torch.contiguous_format)
                xs.mul_(scale).sub_(offset)
            else:
                pixels.contiguous()

    return run_round, {"torch": torch.__version__}


name, kind = work["mode"].split()
run_round, versions = {"numpy": with_numpy, "torch": with_torch}[name](kind == "float32")
serve(run_round, images=60_000, versions=versions, settings=work["settings"])
