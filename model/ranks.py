"""Several processes that train one network together, a device each: who this one is, and what they agree on.

The batch of a training is that of all processes together; each computes its share, so the number of processes changes
how long a training takes and not what it learns.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed as group
from torch.nn.parallel import DistributedDataParallel

from model.networks import Network

_FAILED = 3


@dataclass(frozen=True)
class Ranks:
    """One process among ``world``; number 0 reports, validates and writes."""

    rank: int = 0
    world: int = 1

    @classmethod
    def join(cls, device: torch.device) -> Ranks:
        """Meet the others that ``torchrun`` or `run_together` started; alone where nobody did."""
        world = int(os.environ.get("WORLD_SIZE", "1"))
        if world == 1:
            return cls()
        if not group.is_initialized():
            group.init_process_group("nccl" if device.type == "cuda" else "gloo")
        return cls(group.get_rank(), world)

    @property
    def leads(self) -> bool:
        """Whether this process reports and writes."""
        return self.rank == 0

    def leave(self) -> None:
        """Part from the others."""
        if self.world > 1 and group.is_initialized():
            group.destroy_process_group()

    def wrapped(self, net: Network, device: torch.device) -> Callable[..., Any]:
        """The network as it is called in training: its gradients become the mean over all processes."""
        if self.world == 1:
            return net
        devices = [device.index] if device.type == "cuda" else None
        return DistributedDataParallel(net, device_ids=devices)

    def mean(self, value: float, device: torch.device) -> float:
        """The mean over all processes; not finite as soon as one is not."""
        return value if self.world == 1 else self._sum(value, device) / self.world

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether it is true for one of them."""
        return flag if self.world == 1 else self._sum(float(flag), device) > 0

    @staticmethod
    def _sum(value: float, device: torch.device) -> float:
        total = torch.tensor([value], dtype=torch.float64, device=device)
        group.all_reduce(total)
        return float(total)


def own_device(name: str) -> torch.device:
    """The device of this process: of several on one machine each takes the CUDA device of its number."""
    return torch.device(name, int(os.environ.get("LOCAL_RANK", "0"))) if name == "cuda" else torch.device(name)


def run_together(function: Callable[..., int], arguments: Sequence[Any], count: int) -> int:
    """Run ``function(*arguments)`` in ``count`` new processes that find each other; the largest of their exit codes.

    The function and its arguments must be picklable. When one process fails the others are ended.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    processes = [
        context.Process(target=_as_rank, args=(rank, count, port, function, tuple(arguments))) for rank in range(count)
    ]
    for process in processes:
        process.start()
    codes = []
    try:
        for process in processes:
            process.join()
            codes.append(process.exitcode or 0)
            if codes[-1] < 0 or codes[-1] > 1:
                break
    finally:
        for process in processes:
            if process.is_alive():
                process.terminate()
            process.join()
    return max(abs(code) for code in codes)


def _as_rank(rank: int, world: int, port: int, function: Callable[..., int], arguments: tuple[Any, ...]) -> None:
    own = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "MASTER_PORT": port, "MASTER_ADDR": "127.0.0.1"}
    os.environ.update({key: str(value) for key, value in own.items()})
    try:
        code = function(*arguments)
    except Exception:
        traceback.print_exc()
        code = _FAILED
    raise SystemExit(code)
