"""What runs on the GPU for `gpu.py`, a process each: vitnp with CuPy, PyTorch eager, and a count of kernels.

    python benchmarks/gpu_workers.py vitnp --model B/16 --batch 64 --dtype float32 --work backward

answers each line with the seconds of one run, and `quit` with the bytes it held; `kernels` prints a number.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path


def data(model, batch_size):
    """(configuration, images, labels), the same for both."""
    import numpy as np

    from vitnp.models import preset

    config, rng = preset(model), np.random.default_rng(0)
    images = rng.standard_normal((batch_size, *config.image_size, config.in_channels), dtype=np.float32)
    return config, images, rng.integers(0, config.num_classes, batch_size)


def vitnp(model, batch_size, dtype, work):
    """(a function that runs once, one that waits for the GPU, one that says the most bytes it held)."""
    import cupy
    import numpy as np

    from vitnp import loss_and_grads, predict, vit
    from vitnp.backend.arrays import to_device
    from vitnp.engine.precision import cast

    config, images, labels = data(model, batch_size)
    p = to_device(cast(vit.init(np.random.default_rng(0), config), dtype), cupy)
    images, labels = cupy.asarray(images.astype(dtype)), cupy.asarray(labels)

    def run():
        if work == "forward":
            return predict(images, p, config, batch_size=batch_size)
        return loss_and_grads(images, labels, p, config)

    return run, cupy.cuda.Device().synchronize, cupy.get_default_memory_pool().total_bytes


def torch(model, batch_size, dtype, work):
    """The same for plain torch.nn with scaled_dot_product_attention."""
    import torch as t
    from torch_vit import ViT

    if not t.cuda.is_available():
        raise RuntimeError("this PyTorch has no CUDA")
    t.backends.cuda.matmul.allow_tf32 = t.backends.cudnn.allow_tf32 = os.environ["CUPY_TF32"] == "1"
    config, images, labels = data(model, batch_size)
    images, labels = (t.from_numpy(a).cuda() for a in (images, labels))
    images = images.permute(0, 3, 1, 2).contiguous().to(getattr(t, dtype))
    network = ViT(config).cuda().to(getattr(t, dtype))

    def run():
        if work == "forward":
            with t.inference_mode():
                return network(images)
        for parameter in network.parameters():
            parameter.grad = None
        loss = t.nn.functional.cross_entropy(network(images), labels)
        loss.backward()
        return loss

    network.train(work != "forward")
    return run, t.cuda.synchronize, t.cuda.max_memory_reserved


def worker(args):
    """Run once a line of input and answer with the seconds; at the end with the bytes held."""
    run, wait, held = {"vitnp": vitnp, "torch": torch}[args.name](
        args.model, args.batch, args.dtype, args.work
    )
    for _ in range(3):  # kernels are compiled, the memory pool is filled
        run()
    wait()
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "quit":
            break
        start = time.perf_counter()
        run()
        wait()
        print(time.perf_counter() - start, flush=True)
    print(held(), flush=True)


def kernels(args):
    """Print how many kernels a block launches, forward and backward: a model of two layers less one of one.

    PyTorch's profiler sees every kernel of the process; ten additions of CuPy's must be ten for it to be believed.
    """
    import cupy
    import numpy as np
    from torch.profiler import ProfilerActivity, profile

    from vitnp import loss_and_grads, vit
    from vitnp.backend.arrays import to_device
    from vitnp.models import preset

    def launched(run):
        run()
        cupy.cuda.Device().synchronize()
        with profile(activities=[ProfilerActivity.CUDA]) as found:
            run()
            cupy.cuda.Device().synchronize()
        with tempfile.TemporaryDirectory() as folder:
            found.export_chrome_trace(f"{folder}/trace.json")
            events = json.loads(Path(folder, "trace.json").read_text())["traceEvents"]
        return sum(event.get("cat") == "kernel" for event in events)

    x = cupy.ones(1000, "float32")
    seen = launched(lambda: [x + x for _ in range(10)])
    if seen != 10:
        raise RuntimeError(f"PyTorch's profiler saw {seen} of CuPy's 10 kernels")
    counts = []
    for layers in (1, 2):
        config = preset(args.model, num_layers=layers)
        p = to_device(vit.init(np.random.default_rng(0), config), cupy)
        _, images, labels = data(args.model, 8)
        images, labels = cupy.asarray(images), cupy.asarray(labels)
        counts.append(launched(lambda p=p, c=config, i=images, n=labels: loss_and_grads(i, n, p, c)))
    print(counts[1] - counts[0])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=("vitnp", "torch", "kernels"))
    parser.add_argument("--model", default="B/16")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--work", default="backward")
    args = parser.parse_args()
    if args.name == "kernels":
        kernels(args)
    else:
        worker(args)
