"""Writes mobilenet.json beside this file: what Keras's MobileNet gives for the weights and images of mobilenet.test.ts.

    python3 -m venv /tmp/keras && /tmp/keras/bin/pip install tensorflow
    /tmp/keras/bin/python test/models/mobilenet_fixture.py
    npx biome format --write test/models/mobilenet.json
"""

import json
from pathlib import Path

import keras
import numpy as np


def noise(shape, phase):
    """Numbers of -1 to 1 that look random, another series for each phase."""
    digits = 43758.5453 * np.sin(12.9898 * (np.arange(np.prod(shape)) + 1) + 78.233 * phase)
    return (2 * (digits - np.floor(digits)) - 1).reshape(shape)


def weight(name, shape, phase):
    values = noise(shape, phase)
    if name.endswith("gamma"):
        return 1 + 0.2 * values
    if name.endswith("variance"):
        return 1 + 0.5 * values
    if name.endswith(("beta", "mean", "bias")):
        return 0.2 * values
    # The inputs that a number of the output is made of: all but the last axis, of a depthwise kernel the window alone.
    inputs = np.prod(shape[:2]) if "_dw_" in name else np.prod(shape[:-1])
    return values * np.sqrt(6 / inputs)


def outputs_of(height, width, alpha, classes):
    top = {"include_top": True, "classes": classes, "classifier_activation": None} if classes else {"include_top": False}
    model = keras.applications.MobileNet(
        input_shape=(height, width, 3), alpha=alpha, weights=None, pooling=None if classes else "avg", **top
    )
    phase = 0
    for layer in model.layers:
        values = []
        for variable in layer.weights:
            phase += 1
            values.append(weight(variable.path, tuple(variable.shape), phase))
        layer.set_weights(values)
    images = noise((2, height, width, 3), 0)
    return model.predict(images.astype("float32"), verbose=0)


def main():
    cases = []
    for height, width, alpha, classes in [(64, 64, 0.25, 5), (67, 50, 0.25, None), (33, 40, 0.5, 3)]:
        outputs = outputs_of(height, width, alpha, classes)
        numbers = [float(f"{value:.7g}") for value in outputs.ravel()]
        cases.append({"height": height, "width": width, "alpha": alpha, "classes": classes, "outputs": numbers})
    fixture = {"versions": {"keras": keras.__version__}, "cases": cases}
    Path(__file__).with_name("mobilenet.json").write_text(json.dumps(fixture))


if __name__ == "__main__":
    main()
