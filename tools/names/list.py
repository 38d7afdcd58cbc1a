"""Writes pytorch.listed.json and jax.listed.json: the public functions, classes and methods of PyTorch and JAX.

    python tools/names/list.py
"""
import inspect
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import jax.scipy.special
import torch

HERE = Path(__file__).parent


def public(owner):
    return sorted(name for name in dir(owner) if not name.startswith("_"))


def functions(module):
    """What is documented: the rest are the entry points of PyTorch's own kernels."""
    return [
        name
        for name in public(module)
        if callable(value := getattr(module, name)) and not inspect.isclass(value) and not inspect.ismodule(value) and value.__doc__
    ]


def classes(module):
    return [name for name in public(module) if inspect.isclass(getattr(module, name))]


def write(name, source, groups):
    text = json.dumps({"source": source, "groups": groups}, indent=1)
    (HERE / f"{name}.listed.json").write_text(text + "\n")


F = torch.nn.functional
not_functions = {"Optional", "boolean_dispatch", "assert_int_or_pair"}
write(
    "pytorch",
    f"PyTorch {torch.__version__.split('+')[0]}",
    {
        "torch": [n for n in functions(torch) if n != "classproperty"],
        "Tensor": [n for n in public(torch.Tensor) if getattr(torch.Tensor, n).__doc__],
        "nn": classes(torch.nn),
        "nn.functional": [n for n in functions(F) if n not in not_functions and "torch_function" not in n],
        "linalg": functions(torch.linalg),
        "fft": functions(torch.fft),
        "special": functions(torch.special),
        "distributions": sorted(torch.distributions.__all__),
        "optim": classes(torch.optim),
        "optim.lr_scheduler": sorted(torch.optim.lr_scheduler.__all__),
    },
)
write(
    "jax",
    f"JAX {jax.__version__}",
    {
        "jax": functions(jax),
        "jax.numpy": functions(jnp),
        "jax.numpy.linalg": functions(jnp.linalg),
        "jax.numpy.fft": functions(jnp.fft),
        "jax.nn": functions(jax.nn),
        "jax.nn.initializers": functions(jax.nn.initializers),
        "jax.lax": functions(jax.lax),
        "jax.random": functions(jax.random),
        "jax.scipy.special": functions(jax.scipy.special),
    },
)
