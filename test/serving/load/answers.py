"""What both Python servers do to a request: bytes of a body -> images [n, 32, 32, 3] -> JSON, in the fastest way known."""

import io
import json
import os
import pathlib

import numpy as np
import orjson
from PIL import Image

with open(os.environ["MODEL_DESCRIPTION"], encoding="utf-8") as file:
    class_names = json.load(file)["classNames"]
model_file = pathlib.Path(os.environ["MODEL_FILE"])
threads = int(os.environ["MODEL_THREADS"])
size = (32, 32)


def from_picture(body):
    """An encoded picture, decoded by Pillow, where it can at a fraction of its size."""
    image = Image.open(io.BytesIO(body))
    image.draft("RGB", (2 * size[0], 2 * size[1]))
    image = image.convert("RGB").resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.asarray(image, np.float32)[np.newaxis]


def from_json(body):
    return np.asarray(orjson.loads(body)["instances"], np.float32)


def from_bytes(body):
    return np.frombuffer(body, np.uint8).reshape(-1, *size, 3).astype(np.float32)


def as_classes(probabilities):
    """The classes of one image, the most probable first."""
    ordered = sorted(zip(probabilities[0].tolist(), class_names), reverse=True)
    return orjson.dumps({"predictions": [{"className": name, "probability": p} for p, name in ordered]})


def as_rows(probabilities):
    return orjson.dumps({"predictions": probabilities}, option=orjson.OPT_SERIALIZE_NUMPY)


routes = {
    "/picture": (from_picture, as_classes),
    "/json": (from_json, as_rows),
    "/bytes": (from_bytes, as_rows),
}
