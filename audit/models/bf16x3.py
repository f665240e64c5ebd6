"""Products of float32 matrices as sums of three products of bfloat16 ones, where a processor has tiles for these.

A float32 number is, up to 2^-17 of it, the sum of two bfloat16 numbers, high and low; high * high + high * low +
low * high leaves out only low * low. Sums are kept in float32. Henry, Tang and Heinecke 2019, arXiv 1904.06376;
PyTorch calls that precision "high" (torch.set_float32_matmul_precision) and has it for GPUs only.
"""

import ctypes
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import linear

ROW_MAJOR, PLAIN, TRANSPOSED = 101, 111, 112
"""Values of the C interface to BLAS."""
FEW = 64
"""Rows below which reading the weights takes longer than multiplying with them."""
SMALL = 128
"""Inputs or outputs below which a layer is left as it is."""
BLOCK = 128
"""Rows that are split together, so that they stay in the processor's cache."""
SIZE = 1024
"""Inputs and outputs of the layer by which both ways are compared."""


Split = tuple[torch.Tensor, torch.Tensor]
"""Two bfloat16 tensors, high and low, whose sum is a float32 one up to 2^-17 of each number."""


def split(numbers: torch.Tensor) -> Split:
    """Both parts of a contiguous float32 matrix."""
    high, low = torch.empty((2, *numbers.shape), dtype=torch.bfloat16)
    scratch = torch.empty_like(numbers[:BLOCK])
    for first in range(0, len(numbers), BLOCK):
        here = slice(first, first + BLOCK)
        part = scratch[: len(numbers[here])].copy_(high[here].copy_(numbers[here]))
        low[here].copy_(torch.sub(numbers[here], part, out=part))
    return high, low


class LatestSplit:
    """The latest inputs and their split: queries, keys and values are made of the same ones."""

    def __init__(self) -> None:
        self._inputs: torch.Tensor | None = None
        self._split: Split | None = None

    def of(self, inputs: torch.Tensor, rows: torch.Tensor) -> Split:
        """The split of ``rows``, the matrix that ``inputs`` is; of the same object as before, the same."""
        if self._split is None or self._inputs is not inputs:
            self._inputs, self._split = inputs, split(rows.contiguous())
        return self._split


class LinearBf16x3(torch.nn.Linear):
    """A linear layer that multiplies in three bfloat16 products unless it is told to be ``strict``."""

    high: torch.Tensor
    low: torch.Tensor
    strict: bool
    latest: LatestSplit

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Like torch.nn.Linear."""
        if not self.pays_for(inputs.numel() // self.in_features):
            return linear(inputs, self.weight, self.bias)
        rows = inputs.reshape(-1, self.in_features)
        out = inputs.new_empty((len(rows), self.out_features))
        return self.outputs(self.latest.of(inputs, rows), 0, out).view(*inputs.shape[:-1], self.out_features)

    def pays_for(self, rows: int) -> bool:
        """Whether so many rows are to be multiplied in three products."""
        return not self.strict and rows >= FEW

    def outputs(self, rows: Split, first: int, out: torch.Tensor) -> torch.Tensor:
        """The outputs from ``first`` on of ``rows`` (n, inputs), as many as ``out`` (n, outputs) has room for."""
        (high, low), here = rows, slice(first, first + out.shape[1])
        biased = self.bias is not None
        if biased:
            out.copy_(self.bias[here].expand_as(out))
        _multiply(low, self.high[here], out, add=biased)
        _multiply(high, self.low[here], out, add=True)
        _multiply(high, self.high[here], out, add=True)
        return out


def use_bf16x3(model: Any) -> None:
    """Make the model's larger linear layers multiply so; takes as much memory again as their weights."""
    latest = LatestSplit()
    layer: Any
    for layer in model.modules():
        if type(layer) is torch.nn.Linear and min(layer.weight.shape) >= SMALL and _apt(layer.weight):
            high, low = split(layer.weight.detach())
            layer.__class__ = LinearBf16x3
            vars(layer).update(latest=latest, strict=False)
            layer.register_buffer("high", high, persistent=False)
            layer.register_buffer("low", low, persistent=False)


def _apt(weight: torch.Tensor) -> bool:
    return weight.dtype == torch.float32 and weight.device.type == "cpu" and weight.is_contiguous()


def drop_bf16x3(model: Any) -> None:
    """Make all layers what they were."""
    layer: Any
    for layer in layers_of(model):
        layer.__class__ = torch.nn.Linear
        del layer.high, layer.low, layer.strict, layer.latest


def layers_of(model: Any) -> list[LinearBf16x3]:
    """The layers that multiply in three bfloat16 products."""
    return [layer for layer in model.modules() if isinstance(layer, LinearBf16x3)]


def products_of(model: Any) -> str:
    """How the model's matrices are multiplied, in words."""
    if layers_of(model):
        return "each of float32 is the sum of three of bfloat16 (bf16x3)"
    return str(next(model.parameters()).dtype).removeprefix("torch.")


@contextmanager
def strict(model: Any) -> Iterator[None]:
    """Multiply in float32 alone within the context: where one product decides about a whole answer."""
    before = [(layer, layer.strict) for layer in layers_of(model)]
    for layer, _ in before:
        layer.strict = True
    try:
        yield
    finally:
        for layer, was in before:
            layer.strict = was


@torch.inference_mode()
def is_faster() -> bool:
    """Whether three products of bfloat16 take less time here than one of float32, splitting included."""
    if _library() is None:
        return False
    usual, layer = torch.nn.Linear(SIZE, SIZE, bias=False), torch.nn.Linear(SIZE, SIZE, bias=False)
    use_bf16x3(layer)
    rows = [torch.ones((SIZE // 2, SIZE)) for _ in range(2)]  # two, for the split of one is remembered
    return _seconds(lambda: [layer(each) for each in rows]) < _seconds(lambda: [usual(each) for each in rows])


def _seconds(work: Callable[[], object]) -> float:
    """The least of a few runs."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def _multiply(rows: torch.Tensor, weights: torch.Tensor, out: torch.Tensor, *, add: bool) -> None:
    """``out`` (n, outputs) is, or gets added, rows (n, inputs) @ weights (outputs, inputs) transposed."""
    (n, inputs), outputs = rows.shape, len(weights)
    _library()(
        ROW_MAJOR, PLAIN, TRANSPOSED, n, outputs, inputs,
        1.0, rows.data_ptr(), inputs, weights.data_ptr(), inputs, float(add), out.data_ptr(), outputs,
    )  # fmt: skip


@cache
def _library() -> Any:
    """Intel MKL's product of bfloat16 matrices with a float32 sum, as PyTorch's Linux wheels carry it; or None."""
    try:
        product = ctypes.CDLL(str(Path(torch.__file__).parent / "lib" / "libtorch_cpu.so")).cblas_gemm_bf16bf16f32
    except (OSError, AttributeError):
        return None
    number, pointer, factor = ctypes.c_int, ctypes.c_void_p, ctypes.c_float
    product.argtypes = [
        *[number] * 6, factor, pointer, number, pointer, number, factor, pointer, number
    ]  # fmt: skip
    product.restype = None
    return product
