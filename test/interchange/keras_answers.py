"""What Keras says of our files, and files of its own: `python keras_answers.py FOLDER`.

FOLDER has NAME.keras and NAME.h5 for each NAME.json, images and their shape. Keras' answers are printed, and it saves each
of these models again, into FOLDER/again. Networks that it builds itself go to FOLDER/built, with their answers.
"""

import json
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers

folder = Path(sys.argv[1])
random = np.random.default_rng(1)
keras.utils.set_random_seed(1)


def save(model, folder, name):
    folder.mkdir(exist_ok=True)
    for ending in ["keras", "h5"]:
        model.save(folder / f"{name}.{ending}")


def answer(file):
    task = json.loads(file.with_suffix(".json").read_text())
    model = keras.saving.load_model(file)
    if file.suffix == ".keras":
        save(model, folder / "again", file.stem)
    return predict(model, np.float32(task["pixels"]).reshape(task["shape"]))


def predict(model, images):
    return model.predict(images, verbose=0).ravel().tolist()


def sequential():
    """As tutorials begin."""
    return keras.Sequential([
        keras.Input((12, 11, 3)),
        layers.Rescaling(1 / 127.5, offset=-1),
        layers.Conv2D(6, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
        layers.SeparableConv2D(8, 3, padding="same", depth_multiplier=2, activation="silu"),
        layers.Dropout(0.2),
        layers.Flatten(),
        layers.Dense(7, activation="tanh", kernel_regularizer="l2"),
        layers.Dense(4),
    ])


def unnamed():
    """Built by its first call, so without a layer for the input."""
    return keras.Sequential([
        layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False),
        layers.BatchNormalization(scale=False),
        layers.ReLU(),
        layers.GlobalMaxPooling2D(),
        layers.Dense(4, activation="softmax"),
    ])


def functional():
    """Branches of different depths with equal layers, so that their order shows; statistics fitted to images."""
    normalize = layers.Normalization()
    normalize.adapt(random.uniform(0, 255, (20, 12, 11, 3)))
    image = keras.Input((12, 11, 3))
    x = normalize(image)
    x = layers.Conv2D(8, 3, padding="same")(x)
    left = layers.Conv2D(8, 3, padding="same", activation="elu")(x)
    left = layers.LayerNormalization()(left)
    right = layers.DepthwiseConv2D(3, padding="same")(x)
    right = layers.LeakyReLU(negative_slope=0.2)(right)
    right = layers.Conv2D(8, 3, padding="same", activation="gelu")(right)
    right = layers.Conv2D(8, 3, padding="same")(right)
    x = layers.Add()([right, x, left])
    x = layers.ReLU(max_value=6)(layers.ZeroPadding2D(((0, 1), (1, 0)))(x))
    x = layers.Concatenate()([layers.AveragePooling2D(2)(x), layers.MaxPooling2D(2)(x)])
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(4)(layers.Reshape((16,))(x))
    return keras.Model(image, layers.Softmax()(x))


def built(build):
    model = build()
    images = np.float32(random.integers(0, 256, (16, 12, 11, 3)))
    labels = keras.utils.to_categorical(random.integers(0, 4, 16), 4)
    model.compile("adam", "categorical_crossentropy")
    model.fit(images, labels, verbose=0)  # so that the file has an optimizer, and statistics that are no longer 0 and 1
    save(model, folder / "built", build.__name__)
    return {"pixels": images.ravel().tolist(), "shape": images.shape, "output": predict(model, images)}


def refused(model, name):
    save(model, folder / "refused", name)


files = sorted(file for file in folder.iterdir() if file.suffix in [".keras", ".h5"])
answers = {file.name: answer(file) for file in files}
builds = {build.__name__: built(build) for build in [sequential, unnamed, functional]}
image = keras.Input((8, 8, 3))
shared = layers.Conv2D(3, 3, padding="same")
refused(keras.Model(image, layers.Flatten()(shared(shared(image)))), "shared")
refused(keras.Model(image, [layers.Flatten()(image), layers.GlobalMaxPooling2D()(image)]), "two-outputs")
refused(keras.Sequential([image, layers.Lambda(lambda x: x * 2), layers.Flatten()]), "Lambda")
refused(keras.Sequential([image, layers.UpSampling2D(), layers.Flatten()]), "UpSampling2D")
refused(keras.Sequential([image, keras.Sequential([layers.Flatten(), layers.Dense(2)])]), "Sequential")
refused(keras.Sequential([image, layers.Conv2D(6, 3, groups=3), layers.Flatten()]), "groups")
refused(keras.Sequential([image, layers.Conv2D(6, 3, activation="hard_sigmoid"), layers.Flatten()]), "hard_sigmoid")
refused(keras.Sequential([keras.Input((None, None, 3)), layers.GlobalMaxPooling2D()]), "one size")
print(json.dumps({"answers": answers, "built": builds}))
