"""The course's networks in Keras, with weights by PyTorch's names."""

import json

import keras
import torch
from keras import layers as of


def build(name, tensors, metadata):
    """The network called `name`, in the size of `tensors`, PyTorch's state_dict of it; with weights of its own."""

    def outputs(layer):
        return tensors[f"{layer}.weight"].shape[0]

    layers = [keras.Input(json.loads(metadata["network"])["inputShape"])]
    if name == "baseline":
        for i in range(1, 4):
            layers.append(of.Conv2D(outputs(f"conv{i}"), 3, activation="relu", name=f"conv{i}"))
            if i < 3:
                layers.append(of.MaxPooling2D(2))
        layers.append(of.Flatten())
        layers.append(of.Dense(outputs("dense1"), activation="relu", name="dense1"))
        layers.append(of.Dense(outputs("dense2"), name="dense2"))
    elif name == "regularized":
        for i in range(1, 5):
            layers.append(of.Conv2D(outputs(f"conv{i}"), 3, padding="same", use_bias=False, name=f"conv{i}"))
            layers.append(of.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"norm{i}"))
            layers.append(of.ReLU())
            if i != 3:
                layers.append(of.MaxPooling2D(2))
        layers.append(of.GlobalAveragePooling2D())
        layers.append(of.Dense(outputs("dense"), name="dense"))
    else:
        raise ValueError(f"no Keras model for {name}")
    return keras.Sequential(layers)


# PyTorch's names for Keras' weights.
NAMES = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def named_weights(model):
    """Each weight with PyTorch's name and, behind a Flatten, the shape of the images before it."""
    images = None
    for layer in model.layers:
        if isinstance(layer, of.Flatten):
            images = layer.input.shape[1:]
        for weight in layer.weights:
            yield weight, f"{layer.name}.{NAMES[weight.name]}", images if weight.name == "kernel" else None
        if layer.weights:
            images = None


def from_torch(model, tensors):
    """Gives a Keras model the weights of a state_dict."""
    for weight, name, images in named_weights(model):
        tensor = tensors[name]
        if images:  # PyTorch flattens channel by channel, Keras pixel by pixel
            height, width, channels = images
            tensor = tensor.reshape(-1, channels, height, width).permute(0, 2, 3, 1).flatten(1)
        weight.assign(tensor.permute(2, 3, 1, 0).numpy() if tensor.dim() == 4 else tensor.numpy().T)


def to_torch(model):
    """The other way round."""
    tensors = {}
    for weight, name, images in named_weights(model):
        array = weight.numpy()
        tensor = torch.tensor(array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T)
        if images:
            tensor = tensor.unflatten(1, images).permute(0, 3, 1, 2).flatten(1)
        tensors[name] = tensor.contiguous()
    return tensors
