"""Trains the course's networks in Keras and in PyTorch, as the course does in TensorFlow.js.

Takes a folder with trainings.json, a list, and for each training NAME.safetensors, the initial weights as the course exports
them, and NAME.batches.safetensors: bytes, [steps, batch, height, width, channels], and labels. Prints the losses of each
training step by step, in float32 and, to tell rounding from other mathematics, in float64. Saves the final weights, by
PyTorch's names, as NAME.FRAMEWORK.DTYPE.safetensors.

The frameworks mean the same but for this, which is evened out:
- Weight decay: PyTorch's SGD and the course's add a share of each weight to its gradient. Keras takes the share, times the
  learning rate, off the weight, past the momentum. Here it is added to the gradients that Keras is given.
- Adam's epsilon: PyTorch and TensorFlow.js add it to the root of the second moment after that was corrected for having
  begun at 0, Keras before. Keras' is scaled here by the correction of each step, sqrt(1 - beta2^step).
- The running variance of batch normalization: PyTorch takes that of the batch times n / (n - 1), the others without
  the factor, which is taken out here. No loss depends on it, only the final weights.
And this, which makes no difference here: the learning rate is a part of Keras' momentum and not of the others'. Nesterov's
form included, the updates are the same while it does not change.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
import torch
from keras_networks import build, from_torch, to_torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch_networks import load, normalize


def train_torch(training, weights, batches, dtype):
    """The losses, and the weights after them."""
    module, metadata = load(weights)
    module.to(getattr(torch, dtype)).train()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.register_forward_pre_hook(remember_variance)
            part.register_forward_hook(take_out_factor)
    wanted = training["optimizer"]
    if wanted["name"] == "adam":
        betas = (wanted["beta1"], wanted["beta2"])
        rate, epsilon = wanted["learningRate"], wanted["epsilon"]
        optimizer = torch.optim.Adam(module.parameters(), lr=rate, betas=betas, eps=epsilon)
    else:
        optimizer = torch.optim.SGD(
            module.parameters(),
            lr=wanted["learningRate"],
            momentum=wanted["momentum"],
            nesterov=True,
            weight_decay=wanted["weightDecay"],
        )
    losses = []
    for pixels, labels in batches:
        xs = normalize(pixels, metadata).to(getattr(torch, dtype))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(module(xs), labels.long())
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, module.state_dict()


def remember_variance(norm, _inputs):
    norm.variance_before = norm.running_var.clone()


def take_out_factor(norm, inputs, _output):
    n = inputs[0].numel() / norm.num_features
    kept = (1 - norm.momentum) * norm.variance_before
    norm.running_var = kept + (norm.running_var - kept) * (n - 1) / n


def train_keras(training, weights, batches, dtype):
    """The losses, and the weights after them, by PyTorch's names."""
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    module, metadata = load(weights)
    model = build(training["network"], module.state_dict(), metadata)
    from_torch(model, module.state_dict())
    wanted = training["optimizer"]
    if wanted["name"] == "adam":
        betas = {"beta_1": np.float64(wanted["beta1"]), "beta_2": np.float64(wanted["beta2"])}
        optimizer = keras.optimizers.Adam(wanted["learningRate"], **betas)
    else:
        momentum = np.float64(wanted["momentum"])
        optimizer = keras.optimizers.SGD(wanted["learningRate"], momentum=momentum, nesterov=True)
    loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    trained = model.trainable_weights

    @tf.function
    def gradients_of(xs, labels):
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(xs, training=True))
        return loss, tape.gradient(loss, [weight.value for weight in trained])

    losses = []
    for step, (pixels, labels) in enumerate(batches, 1):
        xs = normalize(pixels, metadata).to(getattr(torch, dtype)).permute(0, 2, 3, 1)
        loss, gradients = gradients_of(xs.numpy(), labels.numpy())
        if wanted["name"] == "adam":
            optimizer.epsilon = wanted["epsilon"] * np.sqrt(1 - wanted["beta2"] ** step)
        else:
            decay = wanted["weightDecay"]
            gradients = [gradient + decay * weight for gradient, weight in zip(gradients, trained)]
        optimizer.apply(gradients, trained)
        losses.append(float(loss))
    return losses, to_torch(model)


folder = Path(sys.argv[1])
frameworks = {"torch": train_torch, "keras": train_keras}
results = {}
for training in json.loads((folder / "trainings.json").read_text()):
    name = training["name"]
    loaded = load_file(folder / f"{name}.batches.safetensors")
    batches = list(zip(loaded["images"], loaded["labels"]))
    results[name] = {}
    for framework, train in frameworks.items():
        for dtype in ("float32", "float64"):
            losses, state = train(training, folder / f"{name}.safetensors", batches, dtype)
            results[name][f"{framework}.{dtype}"] = losses
            save_file(state, folder / f"{name}.{framework}.{dtype}.safetensors")
print(json.dumps(results))
