"""What ONNX Runtime says of images: `python onnx_answers.py FOLDER`, with NAME.onnx and NAME.json, images and their shape."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime


def answer(file):
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)  # with the inference of all types and shapes
    task = json.loads(file.with_suffix(".json").read_text())
    images = np.float32(task["pixels"]).reshape(task["shape"])
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(file.with_suffix(".optimized"))
    options.log_severity_level = 3  # it warns that an optimized model fits this machine only
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    run = lambda batch: session.run(["probabilities"], {"image": batch})[0]
    return {
        "probabilities": run(images).ravel().tolist(),
        "oneByOne": [value for image in images for value in run(image[None]).ravel().tolist()],
        "classNames": json.loads(session.get_modelmeta().custom_metadata_map["class_names"]),
        "input": [session.get_inputs()[0].type, session.get_inputs()[0].shape],
        "output": [session.get_outputs()[0].type, session.get_outputs()[0].shape],
        "optimized": [node.op_type for node in onnx.load(options.optimized_model_filepath).graph.node],
    }


print(json.dumps({file.stem: answer(file) for file in Path(sys.argv[1]).glob("*.onnx")}))
