"""ONNX Runtime: predicts with a network written down as ONNX, channels first."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from protocol import serve, work

random = np.random.default_rng(work["seed"])
batch_size, steps = work["batchSize"], work["steps"]
height, width, channels = work["network"]["inputShape"]


def build(network):
    """The network of the work's layer list as an ONNX model, with its number of trained parameters."""
    nodes, weights = [], []
    value = "images"

    def weight(*shape, scale=0.05):
        name = f"w{len(weights)}"
        array = (random.standard_normal(shape) * scale).astype(np.float32)
        weights.append(numpy_helper.from_array(np.abs(array) if len(shape) == 1 else array, name))
        return name

    def node(kind, *inputs, **attributes):
        nonlocal value
        nodes.append(helper.make_node(kind, [value, *inputs], [f"v{len(nodes)}"], **attributes))
        value = f"v{len(nodes) - 1}"

    trained = 0
    size = channels
    for layer in network["layers"]:
        kind = layer["kind"]
        before = len(weights)
        if kind == "conv":
            bias = [weight(layer["filters"])] if layer["bias"] else []
            filters = weight(layer["filters"], size, layer["kernel"], layer["kernel"])
            pad = layer["kernel"] // 2 if layer["padding"] == "same" else 0
            node("Conv", filters, *bias, pads=[pad] * 4)
            size = layer["filters"]
        elif kind == "maxPool":
            node("MaxPool", kernel_shape=[layer["size"]] * 2, strides=[layer["size"]] * 2)
        elif kind == "batchNorm":
            node("BatchNormalization", *[weight(size) for _ in range(4)], epsilon=layer["epsilon"])
            trained -= 2 * size  # the running mean and variance
        elif kind == "relu":
            node("Relu")
        elif kind == "flatten":
            node("Flatten")
        elif kind == "dense":
            node("Gemm", weight(layer["inputs"], layer["units"]), weight(layer["units"]))
        trained += sum(int(np.prod(array.dims)) for array in weights[before:])
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch_size, channels, height, width])
    classes = network["layers"][-1]["units"]
    logits = helper.make_tensor_value_info(value, TensorProto.FLOAT, [batch_size, classes])
    graph = helper.make_graph(nodes, network["name"], [images], [logits], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model)
    return model.SerializeToString(), trained


options = onnxruntime.SessionOptions()
options.intra_op_num_threads = work["threads"]
model, parameters = build(work["network"])
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
batches = random.standard_normal((steps, batch_size, channels, height, width), dtype=np.float32)


def run_round():
    for batch in batches:
        session.run(None, {"images": batch})


serve(
    run_round,
    images=batch_size * steps,
    versions={"onnxruntime": onnxruntime.__version__},
    settings=work["settings"],
    parameters=parameters,
)
