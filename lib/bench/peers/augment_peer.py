"""Flips, crops and normalizes byte images: with Keras, tf.image and PyTorch, each as its users do."""

import numpy as np
from protocol import serve, work

mode = work["mode"]
batch_size, steps, threads = work["batchSize"], work["steps"], work["threads"]
mean, std = np.float32(work["mean"]), np.float32(work["std"])  # of values in [0, 1], a channel each
random = np.random.default_rng(work["seed"])
images = random.integers(0, 256, (steps * batch_size, 32, 32, 3), dtype=np.uint8)


def keras_layers():
    """Keras's layers on whole batches in tf.data; a translation draws fractions of a pixel."""
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    flip = keras.layers.RandomFlip("horizontal", seed=1)
    limits = {"height_factor": 4 / 32, "width_factor": 4 / 32}
    move = keras.layers.RandomTranslation(**limits, fill_mode="reflect", interpolation="nearest", seed=2)
    normalize = keras.layers.Normalization(mean=mean * 255, variance=(std * 255) ** 2)

    def augment(batch):
        return normalize(move(flip(tf.cast(batch, tf.float32), training=True), training=True))

    data = tf.data.Dataset.from_tensor_slices(images).batch(batch_size)
    data = data.map(augment, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)

    def run_round():
        for _batch in data:
            pass

    return run_round, {"keras": keras.__version__, "tensorflow": tf.__version__}


def tf_image():
    """tf.image on one image at a time, in parallel, then batched."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)

    def augment(image):
        padded = tf.pad(image, [[4, 4], [4, 4], [0, 0]], "REFLECT")
        moved = tf.image.random_flip_left_right(tf.image.random_crop(padded, [32, 32, 3]))
        return (tf.cast(moved, tf.float32) / 255 - mean) / std

    data = tf.data.Dataset.from_tensor_slices(images)
    data = data.map(augment, num_parallel_calls=tf.data.AUTOTUNE)
    data = data.batch(batch_size).prefetch(tf.data.AUTOTUNE)

    def run_round():
        for _batch in data:
            pass

    return run_round, {"tensorflow": tf.__version__}


def torch_batch():
    """PyTorch on whole batches: a flip where it was drawn, a window for each image, then normalized."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(work["seed"])
    data = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().split(batch_size)
    scale = (1 / (255 * torch.from_numpy(std))).view(1, 3, 1, 1)
    offset = (torch.from_numpy(mean) / torch.from_numpy(std)).view(1, 3, 1, 1)

    def flip(batch):
        chosen = (torch.rand(len(batch)) < 0.5).view(-1, 1, 1, 1)
        return torch.where(chosen, batch.flip(-1), batch)

    def crop(batch):
        # Every window of every padded image is a view; the index copies the one that each image drew.
        padded = torch.nn.functional.pad(batch.float(), [4] * 4, "reflect")
        down, right = torch.randint(9, (2, len(batch)))
        return padded.unfold(2, 32, 1).unfold(3, 32, 1)[torch.arange(len(batch)), :, down, right]

    def run_round():
        for batch in data:
            torch.addcmul(-offset, crop(flip(batch)), scale)

    return run_round, {"torch": torch.__version__}


def torch_images():
    """PyTorch on one image at a time, as torchvision does, in this process or in a DataLoader's workers."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(work["seed"])
    data = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    means, stds = torch.from_numpy(mean).view(3, 1, 1), torch.from_numpy(std).view(3, 1, 1)

    def change(image):
        padded = torch.nn.functional.pad(image.float(), [4] * 4, "reflect")
        down, right = torch.randint(9, (2,)).tolist()
        moved = padded[:, down : down + 32, right : right + 32]
        if torch.rand(1).item() < 0.5:
            moved = moved.flip(-1)
        return (moved / 255).sub_(means).div_(stds)

    class Images(torch.utils.data.Dataset):
        def __len__(self):
            return len(data)

        def __getitem__(self, index):
            return change(data[index])

    workers = threads if "workers" in mode else 0
    loader = torch.utils.data.DataLoader(
        Images(), batch_size, num_workers=workers, persistent_workers=workers > 0
    )

    def run_round():
        for _batch in loader:
            pass

    return run_round, {"torch": torch.__version__}


name = mode.split()[0]
run_round, versions = {
    "keras": keras_layers,
    "tf.image": tf_image,
    "batch": torch_batch,
    "image": torch_images,
}[name]()
serve(run_round, images=len(images), versions=versions, settings=work["settings"])
