"""Flask in front of Keras: `gunicorn flask_keras:app`."""

import keras
import tensorflow as tf
from answers import model_file, routes, threads
from flask import Flask, Response, request

tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(threads)
model = keras.saving.load_model(model_file)
# Traced once, the fastest way for a few images: `model.predict` is made for many.
predict = tf.function(
    lambda xs: model(xs, training=False), input_signature=[tf.TensorSpec((None, 32, 32, 3), tf.float32)]
)
app = Flask(__name__)


def add(path, read, write):
    def answer():
        probabilities = predict(tf.constant(read(request.get_data(cache=False)))).numpy()
        return Response(write(probabilities), content_type="application/json")

    app.post(path, endpoint=path)(answer)


for path, (read, write) in routes.items():
    add(path, read, write)


@app.get("/ready")
def ready():
    return "ready"
