"""What TensorFlow and Keras say of images: `python saved_model_answers.py FOLDER`, with NAME/ and NAME.json, images and their shape."""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf


def answer(folder):
    task = json.loads(folder.with_suffix(".json").read_text())
    images = tf.constant(task["pixels"], tf.float32, task["shape"])
    signatures = tf.saved_model.load(str(folder)).signatures
    run = lambda batch: signatures["serving_default"](image=batch)["probabilities"].numpy()
    top = signatures["top_classes"](image=images)
    layer = keras.layers.TFSMLayer(str(folder), call_endpoint="serving_default")
    return {
        "probabilities": run(images).ravel().tolist(),
        "oneByOne": [value for image in images for value in run(image[None]).ravel().tolist()],
        "keras": layer(images)["probabilities"].numpy().ravel().tolist(),
        "classes": [[name.decode() for name in row] for row in top["classes"].numpy()],
        "scores": top["scores"].numpy().ravel().tolist(),
        "signatures": sorted(signatures),
    }


folders = [file.with_suffix("") for file in Path(sys.argv[1]).glob("*.json")]
print(json.dumps({folder.name: answer(folder) for folder in folders}))
