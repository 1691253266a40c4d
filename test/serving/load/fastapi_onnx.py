"""FastAPI in front of ONNX Runtime: `uvicorn fastapi_onnx:app`; MODEL_POOL=1 computes in FastAPI's thread pool."""

import os

import onnxruntime
from answers import model_file, routes, threads
from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = threads
session = onnxruntime.InferenceSession(model_file, options, providers=["CPUExecutionProvider"])
in_pool = os.environ.get("MODEL_POOL") == "1"
app = FastAPI()


def add(path, read, write):
    def answer(body):
        return write(session.run(None, {"image": read(body)})[0])

    @app.post(path)
    async def route(request: Request):
        body = await request.body()
        answered = await run_in_threadpool(answer, body) if in_pool else answer(body)
        return Response(answered, media_type="application/json")


for path, (read, write) in routes.items():
    add(path, read, write)


@app.get("/ready")
async def ready():
    return "ready"
