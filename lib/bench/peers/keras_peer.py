"""Keras 3 on TensorFlow: trains, predicts, and with scikit-learn evaluates."""

import json
import pathlib

import keras
import numpy as np
import tensorflow as tf
from protocol import serve, work

tf.config.threading.set_intra_op_parallelism_threads(work["threads"])
tf.config.threading.set_inter_op_parallelism_threads(work["threads"])
keras.utils.set_random_seed(work["seed"])
mode = work["mode"].split()
if "mixed_bfloat16" in mode:
    keras.config.set_dtype_policy("mixed_bfloat16")
if "rewrite" in mode:
    tf.config.optimizer.set_experimental_options({"auto_mixed_precision_onednn_bfloat16": True})
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
        data = tf.data.Dataset.from_tensor_slices(tuple(batches)).prefetch(2)
        # Nothing here needs tuning, and the thread that tunes sleeps twice as long each time: an epoch often waits for it
        # at its end, which made 1.27 s of 0.75.
        options = tf.data.Options()
        options.autotune.enabled = False
        fit = {"x": data.with_options(options)}
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


def evaluate():
    import sklearn
    from sklearn import metrics

    versions["scikit-learn"] = sklearn.__version__
    folder = pathlib.Path(work["model"])
    saved = json.loads((folder / "model.json").read_text())
    names = saved["userDefinedMetadata"]["classNames"]
    normalization = saved["userDefinedMetadata"]["normalization"]
    mean, std = (np.float32(normalization[key]) for key in ("mean", "std"))
    model = build(work["network"])
    values = np.fromfile(folder / "weights.bin", np.float32)
    shapes = [weight["shape"] for group in saved["weightsManifest"] for weight in group["weights"]]
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    model.set_weights([part.reshape(shape) for part, shape in zip(np.split(values, ends[:-1]), shapes)])

    records = np.fromfile(f"{work['folder']}/test_batch.bin", np.uint8).reshape(-1, 3073)
    records = records[: work["batchSize"] * work["steps"]]
    labels = records[:, 0].astype(np.int64)
    images = np.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    del records

    if "predict" in mode:
        full = model
    else:
        # Normalized inside: bytes are a quarter of the memory.
        inputs = keras.Input((32, 32, 3), dtype="uint8")
        full = keras.Model(inputs, model(keras.layers.Normalization(mean=255 * mean, variance=(255 * std) ** 2)(inputs)))
    full.compile(jit_compile=True if "jit" in mode else "auto")
    call = tf.function(lambda batch: full(batch, training=False), jit_compile="jit" in mode)

    def logits():
        if "call" in mode:
            return np.concatenate([call(batch).numpy() for batch in np.split(images, work["steps"])])
        xs = (images / np.float32(255) - mean) / std if "predict" in mode else images
        return full.predict(xs, batch_size=work["batchSize"], verbose=0)

    def run_round():
        outputs = logits()
        probabilities = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        predictions = probabilities.argmax(axis=1)
        loss = metrics.log_loss(labels, probabilities, labels=range(len(names)))
        correct = metrics.accuracy_score(labels, predictions, normalize=False)
        metrics.confusion_matrix(labels, predictions, labels=range(len(names)))
        metrics.classification_report(labels, predictions, labels=range(len(names)), target_names=names)
        return {"loss": float(loss), "correct": int(correct)}

    return run_round, parameters_of(model)


tasks = {"train": train, "predict": predict, "evaluate": evaluate}
run_round, parameters = tasks[work["task"]]()
images = work["batchSize"] * work["steps"]
serve(run_round, images=images, versions=versions, settings=work["settings"], parameters=parameters)
