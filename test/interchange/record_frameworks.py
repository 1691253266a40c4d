"""What five programs say of the course's exported networks: `python record_frameworks.py FOLDER`.

FOLDER has images.safetensors, bytes [count, height, width, channels] by network, and each network NAME as NAME.keras, NAME.h5,
NAME.onnx, NAME.safetensors and the SavedModel NAME-savedmodel. Prints the probabilities, and the versions of the programs.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import onnxruntime
import tensorflow as tf
import torch
from safetensors.torch import load_file
from torch_networks import load, probabilities

folder = Path(sys.argv[1])


def answers(name, pixels):
    images = np.float32(pixels.numpy())
    path = str(folder / name)
    saved_model = tf.saved_model.load(f"{path}-savedmodel").signatures["serving_default"]
    session = onnxruntime.InferenceSession(f"{path}.onnx", providers=["CPUExecutionProvider"])
    found = {
        ".keras, Keras": keras.saving.load_model(f"{path}.keras").predict(images, verbose=0),
        ".h5, Keras": keras.saving.load_model(f"{path}.h5").predict(images, verbose=0),
        "SavedModel, TensorFlow": saved_model(image=tf.constant(images))["probabilities"].numpy(),
        ".onnx, ONNX Runtime": session.run(["probabilities"], {"image": images})[0],
        ".safetensors, PyTorch": probabilities(*load(f"{path}.safetensors"), pixels).numpy(),
    }
    return {program: each.ravel().tolist() for program, each in found.items()}


named = load_file(folder / "images.safetensors")
versions = {
    "Keras": keras.__version__,
    "TensorFlow": tf.__version__,
    "PyTorch": torch.__version__,
    "ONNX Runtime": onnxruntime.__version__,
}
print(json.dumps({"versions": versions, "answers": {name: answers(name, named[name]) for name in named}}))
