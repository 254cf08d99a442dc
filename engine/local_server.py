"""The child process of `engine.local`: reads its setup from standard input, serves until that is closed."""

import importlib
import json
import sys
from typing import Any


def main() -> None:
    xllamacpp: Any = importlib.import_module("xllamacpp")  # optional, and without types
    setup = json.loads(sys.stdin.readline())
    params = xllamacpp.CommonParams()
    params.model.path = setup["model"]
    params.model_alias = {"smollm2-135m-instruct"}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [setup["key"]]
    params.n_ctx = setup["context"]
    params.n_parallel = 1
    params.sampling.temp = 0.2  # the model is small: at its default temperature it wanders off
    params.cpuparams.n_threads = setup["threads"]
    params.cpuparams_batch.n_threads = setup["threads"]
    server = xllamacpp.Server(params)
    print(json.dumps({"address": server.listening_address}), flush=True)
    sys.stdin.read()  # returns when the parent closes it, or is gone


if __name__ == "__main__":
    main()
