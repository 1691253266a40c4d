"""Keras 3 on TensorFlow: trains and predicts."""

import keras
import numpy as np
import tensorflow as tf
from protocol import serve, work

tf.config.threading.set_intra_op_parallelism_threads(work["threads"])
tf.config.threading.set_inter_op_parallelism_threads(work["threads"])
keras.utils.set_random_seed(work["seed"])
mode = work["mode"].split()
versions = {"keras": keras.__version__, "tensorflow": tf.__version__}


def build(network):
    """The network of the work's layer list."""
    of = keras.layers
    layers = {
        "conv": lambda at: of.Conv2D(at["filters"], at["kernel"], padding=at["padding"], use_bias=at["bias"]),
        "maxPool": lambda at: of.MaxPooling2D(at["size"]),
        "batchNorm": lambda at: of.BatchNormalization(momentum=at["momentum"], epsilon=at["epsilon"]),
        "relu": lambda at: of.ReLU(),
        "flatten": lambda at: of.Flatten(),
        "dense": lambda at: of.Dense(at["units"]),
    }
    inputs = [keras.Input(network["inputShape"])]
    return keras.Sequential(inputs + [layers[layer["kind"]](layer) for layer in network["layers"]])


def parameters_of(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def arrays():
    """The seeded images and labels of one round."""
    random = np.random.default_rng(work["seed"])
    count = work["batchSize"] * work["steps"]
    xs = random.standard_normal((count, *work["network"]["inputShape"]), dtype=np.float32)
    return xs, random.integers(0, 10, count)


def train():
    model = build(work["network"])
    wanted = work["network"]["optimizer"]
    if wanted["name"] == "adam":
        optimizer = keras.optimizers.Adam(wanted["learningRate"])
    else:
        optimizer = keras.optimizers.SGD(wanted["learningRate"], momentum=wanted["momentum"], nesterov=True)
    model.compile(
        optimizer,
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=True if "jit" in mode else "auto",
        steps_per_execution=work["steps"] if "steps" in mode else 1,
    )
    xs, ys = arrays()
    if "data" in mode:
        # Batches from the start: gathering them image by image would cost more than the copy.
        batches = [array.reshape(work["steps"], work["batchSize"], *array.shape[1:]) for array in (xs, ys)]
        data = tf.data.Dataset.from_tensor_slices(tuple(batches))
        fit = {"x": data.prefetch(tf.data.AUTOTUNE)}
    else:
        fit = {"x": xs, "y": ys, "batch_size": work["batchSize"], "shuffle": False}

    def run_round():
        history = model.fit(**fit, verbose=0)
        return {"loss": history.history["loss"][-1]}

    return run_round, parameters_of(model)


def predict():
    model = build(work["network"])
    xs, _ys = arrays()
    call = tf.function(lambda batch: model(batch, training=False), jit_compile="jit" in mode)

    def run_round():
        if "predict" in mode:
            model.predict(xs, batch_size=work["batchSize"], verbose=0)
            return
        for batch in np.split(xs, work["steps"]):
            if "call" in mode:
                call(batch).numpy()
            else:
                model.predict_on_batch(batch)

    return run_round, parameters_of(model)


run_round, parameters = {"train": train, "predict": predict}[work["task"]]()
images = work["batchSize"] * work["steps"]
serve(run_round, images=images, versions=versions, settings=work["settings"], parameters=parameters)
