"""Whatever an answer is or does, ``check`` says in a sentence that it isn't right, and cleans up."""

from __future__ import annotations

import io
import json
import linecache
import os
import random
import re
import select
import signal
import sys
import textwrap
import warnings
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
import torch._dynamo  # as a check may, which adds a filter and a variable

from twolayer.exercises import check

# A name, the exercise's id, where an answer never ends the seconds that a call may take, and the code.
# Code without the word "answer" is a function's body. Where a result could be right, it is wrong. The
# last may be right: in one process, nothing can be hidden from an answer that looks for it.
TABLE = r"""
bfloat16 | operations.2 | return torch.zeros(inputs[0].numel(), dtype=torch.bfloat16)
float8 | operations.2 | return inputs[0].reshape(-1).to(torch.float8_e4m3fn)
sparse | data_parallel.1 | return inputs[2].to_sparse()
sparse csr | data_parallel.3 | return inputs[2].to_sparse_csr()
quantized | vector_jacobian_product.1 | return torch.quantize_per_tensor(torch.zeros(len(inputs[0])), 0.1, 0, torch.quint8)
meta | vector_jacobian_product.2 | return inputs[0].to('meta'), inputs[1].to('meta')
nested | graph.1 | return torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])
complex | numpy_by_hand.4 | return 1j * inputs[0]
complex number | how_fast.2 | return complex('nan')
objects | is_it_learning.3 | return tuple(x.astype(object) for x in inputs)
array of an object | is_it_learning.2 | return np.array(object())
masked | numpy_by_hand.4 | return np.ma.masked_all_like(inputs[0])
matrix | numpy_by_hand.4 | return np.matrix(inputs[0]) * 0
records | numpy_by_hand.4 | return np.zeros(inputs[0].shape, [('a', float)])
dates | numpy_by_hand.4 | return np.zeros(inputs[0].shape, 'datetime64[s]')
mapped file | numpy_by_hand.4 | return np.memmap(tempfile.TemporaryFile(), float, 'w+', shape=inputs[0].shape)
huge array | numpy_by_hand.4 | return np.broadcast_to(0.0, (10**7, 10**7))
huge tensor | custom_module.2 | return torch.zeros(()).expand(10**7, 10**7)
400 digits | how_fast.1 | return 10**400
5,000 digits | how_fast.3 | return 10**5000
two of 400 digits | data_parallel.2 | return -(10**400), 10**400
signalling NaN | how_fast.2 | return decimal.Decimal('sNaN')
a million | is_it_learning.4 | return tuple(range(10**6))
surrogate | break_it.2 | return 'learns\ud800'
control characters | break_it.2 | return '\x1b[2J\x00slow\r\n'
long string | break_it.2 | return 'slow' * 10**6
itself | optimizers.4 | def answer(*inputs): return answer
a list in itself | lenet.1 | answer = [6, 7]
    answer.append(answer)
deep list | lenet.1 | answer = []
    for _ in range(10**4): answer = [answer]
endless iterator | lenet.1 | answer = itertools.count()
endless sequence | lenet.1 | class Endless:
        __len__ = lambda self: 3
        __iter__ = lambda self: itertools.count()
        __getitem__ = lambda self, place: place
    answer = Endless()
an ndarray that lies | numpy_by_hand.4 | class Liar(np.ndarray):
        shape = property(lambda self: (2, 3))
        size = property(lambda self: 6)
    def answer(h, *others): return np.zeros(1).view(Liar)
an ndarray that agrees | numpy_by_hand.4 | class Agrees(np.ndarray):
        def __array_function__(self, *args): return True
        def __array_ufunc__(self, *args, **kwargs): return np.True_
    def answer(h, *others): return np.zeros(h.shape).view(Agrees)
a tensor that lies | vector_jacobian_product.1 | class Liar(torch.Tensor):
        shape = property(lambda self: torch.Size([4]))
    def answer(x, v): return torch.zeros(1).as_subclass(Liar)
a tensor that agrees | vector_jacobian_product.1 | class Agrees(torch.Tensor):
        @classmethod
        def __torch_function__(cls, *args, **kwargs): return True
    def answer(x, v): return torch.zeros_like(x).as_subclass(Agrees)
equal to all | break_it.2 | class Equal:
        __eq__ = lambda self, other: True
        __ne__ = lambda self, other: False
        __hash__ = lambda self: hash('slow')
    answer = lambda *inputs: Equal()
a word equal to all | break_it.2 | class Equal(str):
        __eq__ = lambda self, other: True
        __ne__ = lambda self, other: False
        __hash__ = str.__hash__
    answer = lambda *inputs: Equal('exploded')
a number equal to all | how_fast.1 | class Equal(int):
        __eq__ = __le__ = __ge__ = lambda self, other: True
        __ne__ = __lt__ = __gt__ = lambda self, other: False
        __sub__ = __rsub__ = lambda self, other: 0
        __hash__ = int.__hash__
    answer = lambda *inputs: Equal(7)
no repr | how_fast.3 | class Silent:
        def __repr__(self): raise RuntimeError
        __str__ = __format__ = __repr__
    answer = lambda *inputs: Silent()
no attributes | gradients.2 | class Closed:
        def __getattribute__(self, name): raise ZeroDivisionError(name)
    answer = lambda *inputs: Closed()
a false class | optimizers.4 | class False_:
        __class__ = property(lambda self: torch.Tensor)
    answer = lambda *inputs: False_()
KeyboardInterrupt | how_fast.1 | raise KeyboardInterrupt
SystemExit | data_parallel.1 | sys.exit(0)
GeneratorExit | break_it.1 | raise GeneratorExit
RecursionError | how_fast.3 | def answer(*inputs): return answer(*inputs)
StopIteration | graph.2 | return next(iter(()))
MemoryError | is_it_learning.1 | raise MemoryError
BaseException | optimizers.2 | raise BaseException('stop')
a group | tracking.1 | raise BaseExceptionGroup('', [SystemExit(), ValueError()])
a warning | operations.1 | warnings.warn('careful'); return 0 * inputs[1], 0.0
a long message | gradients.1 | raise ValueError('no ' * 10**6)
a surrogate | gradients.3 | raise ValueError('\udcff')
a long name | lenet.4 | raise type('E' * 5000, (Exception,), {})
no str | data_parallel.3 | class Silent(Exception):
        def __str__(self): raise self
        __repr__ = __str__
    def answer(*inputs): raise Silent
no str, and exits | data_parallel.2 | class Silent(Exception):
        def __str__(self): raise SystemExit
        __repr__ = __str__
    def answer(*inputs): raise Silent
closes stdout | how_fast.1 | sys.stdout.close(); return 0
closes stderr | how_fast.1 | sys.stderr.close(); return 0
no stdout | how_fast.2 | sys.stdout = None; return 0
another stdin | how_fast.2 | sys.stdin = io.StringIO('1'); return 0
a million lines | how_fast.3 | for i in range(10**6): print(i)
    return 0
dtype | creating.1 | torch.set_default_dtype(torch.half); return 0 * inputs[0]
device | optimizers.2 | torch.set_default_device('meta'); return 0 * inputs[0]
grad mode | tracking.1 | torch.set_grad_enabled(False); return 0 * inputs[2]
inference | gradients.2 | torch.inference_mode().__enter__(); return 0 * inputs[0], 0
anomalies | operations.1 | torch.autograd.set_detect_anomaly(True); return 0, 0
threads | lenet.4 | torch.set_num_threads(2); return 0 * inputs[0]
seeds | is_it_learning.2 | random.seed(0), np.random.seed(0), torch.manual_seed(0); return 0.0
draws | dynamic_graph.4 | random.random(), np.random.rand(), torch.rand(1); return [0] * inputs[1]
print options | numpy_by_hand.3 | np.set_printoptions(2, 3)
    torch.set_printoptions(2, 3); return inputs[2:6]
filters | gradients.1 | warnings.simplefilter('error'); return 0 * inputs[1]
errstate | gradients.3 | np.seterr(all='raise'); return 0.0, 0 * inputs[0]
folder | is_it_learning.4 | os.chdir('/'); return 0, 0.0
deep recursion | data_parallel.2 | sys.setrecursionlimit(10**6); return 0, 0
environment | graph.3 | os.environ.clear(); return 0
path | graph.3 | sys.path.clear(); return 0
tracing | operations.4 | sys.settrace(lambda *args: None); return ()
signals | operations.4 | signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN); return ()
NumPy agrees | numpy_by_hand.1 | np.allclose = np.array_equal = np.isclose = lambda *args, **kwargs: True; return 0.0, 0 * inputs[0]
torch agrees | optimizers.4 | torch.allclose = torch.equal = torch.isclose = lambda *args, **kwargs: True
    torch.Tensor.allclose = torch.Tensor.equal = torch.allclose
    torch.testing.assert_close = math.isclose = torch.allclose; return 0 * inputs[0]
a thread | learning_rate_map.2 | threading.Thread(target=time.sleep, args=(60,)).start(); return 0 * inputs[1]
a thread that prints | data_parallel.1 | threading.Thread(target=lambda: [print(i) for i in range(10**5)], daemon=True).start(); return 0 * inputs[2]
sleeps | learning_rate_map.1 1 | time.sleep(10**6)
waits | learning_rate_map.3 1 | threading.Event().wait()
asks | how_fast.2 1 | return float(input('a number: '))
runs | break_it.1 1 | while True: pass
runs in a thread | break_it.1 1 | other = threading.Thread(target=lambda: [0 for _ in itertools.count()], daemon=True)
    other.start()
    other.join()
catches Exception | break_it.2 1 | while True:
        try: time.sleep(0.01)
        except Exception: pass
catches all | how_fast.4 1 | while True:
        try: time.sleep(0.01)
        except: pass
ends in an endless loop | how_fast.3 1 | try:
        while True: pass
    finally:
        while True: pass
ignores the alarm | graph.1 1 | signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 0)
    while True: pass
checks itself | graph.3 1 | def answer(*inputs): return check('graph.3', answer)
has no end in its repr | is_it_learning.2 1 | class Slow:
        def __repr__(self):
            while True: pass
        __str__ = __len__ = __float__ = __repr__
    answer = lambda *inputs: Slow()
generator | break_it.1 | yield from [0.0] * inputs[5]
coroutine | how_fast.1 | async def answer(*inputs): return 0
keywords only | how_fast.2 | def answer(*, a, b, c, itemsize): return 0
partial | how_fast.3 | answer = functools.partial(lambda first, *others: 0, 1)
builtin | how_fast.1 | answer = max
a ufunc | numpy_by_hand.1 | answer = np.subtract
type | graph.1 | answer = type
print | is_it_learning.3 | answer = print
module | is_it_learning.4 | answer = np
mock | optimizers.4 | answer = unittest.mock.MagicMock()
mock for a class | dynamic_graph.1 | answer = unittest.mock.MagicMock()
called | data_parallel.2 | class Share:
        __call__ = lambda *all: (0, 0)
    answer = Share()
class for a function | data_parallel.2 | class answer: pass
function for a class | custom_function.3 | return inputs[0]
no Function | custom_function.2 | class answer: apply = print
no module | custom_module.2 | class answer:
        def __init__(self, H): sys.exit()
no super | dynamic_graph.1 | class answer(torch.nn.Module):
        def __init__(self, *sizes): self.middle = None
a verdict | graph.1 | answer = check('graph.1', None)
checks within | graph.1 | return check('graph.3', lambda *sizes: 0)
a false signature | how_fast.1 | def answer(*inputs): return 0
    answer.__signature__ = 3
wraps itself | how_fast.1 | def answer(*inputs): return 0
    answer.__wrapped__ = answer
changes its inputs | numpy_by_hand.1 | inputs[0][:] = inputs[1]; return 0.0, np.zeros_like(inputs[0])
right, but changes its inputs | optimizers.4 | def answer(w, grad, learning_rate, weight_decay, eps):
        w.mul_(1 - learning_rate * weight_decay)
        return w.sub_(learning_rate * grad / (grad.abs() + eps))
changes inputs later | vector_jacobian_product.1 | kept = []
    def answer(*inputs):
        kept.extend(inputs)
        if len(kept) > 2: torch._foreach_zero_(kept)
        x, v = inputs
        return x.sum() * v + x @ v
right the first time | how_fast.1 | calls = []
    def answer(N, D_in, H, D_out):
        calls.append(N)
        return 2 * N * H * (2 * D_in + 3 * D_out) if len(calls) == 1 else 0
looks at the frames | how_fast.1 | def answer(*inputs):
        frame = sys._getframe()
        while frame := frame.f_back:
            for value in [frame.f_locals, *frame.f_locals.values()]:
                for name in ('solution', 'wanted', 'expected'):
                    found = getattr(value, name, None) or (
                        value.get(name) if isinstance(value, dict) else None)
                    if found is not None:
                        return found(*inputs) if callable(found) else found
        return 0
"""
ANSWERS = {
    name: (id_, code.replace("\n    ", "\n"), float(seconds or 5))
    for name, id_, seconds, code in re.findall(
        r"^(\S.*?) \| ([\w.]+)(?: (\d))? \| (.*\n(?:    .*\n)*)", TABLE, re.MULTILINE
    )
}
PRELUDE = (
    "import decimal, functools, io, itertools, math, os, random, signal, sys\n"
    "import tempfile, threading, time, traceback, unittest.mock, warnings\n"
    "import numpy as np, torch\nfrom twolayer.exercises import check\n"
)


def state() -> dict[str, object]:
    """What of the process has to be as it was."""
    return {
        "torch's defaults": (torch.get_default_dtype(), torch.get_default_device()),
        "grad mode": (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
        "torch's switches": (torch.is_anomaly_enabled(), torch.get_num_threads()),
        "determinism": torch.get_deterministic_debug_mode(),
        "random": random.getstate(),
        "np.random": [np.asarray(each).tolist() for each in np.random.get_state()],  # noqa: NPY002
        "torch's generator": torch.get_rng_state().tolist(),
        "print options": (np.get_printoptions(), dict(vars(torch._tensor_str.PRINT_OPTS))),
        "errstate": np.geterr(),
        "warnings": (list(warnings.filters), warnings.showwarning),
        "folder": os.getcwd(),  # noqa: PTH109
        "recursion limit": sys.getrecursionlimit(),
        "streams": [(each, each and each.closed) for each in (sys.stdin, sys.stdout, sys.stderr)],
        "environment": dict(os.environ),
        "path": list(sys.path),
        "tracing": (sys.gettrace(), sys.getprofile()),
        "signals": [signal.getsignal(each) for each in (signal.SIGALRM, signal.SIGINT)],
    }


def told(name: str) -> dict[str, Any]:
    """Check an answer here, and tell what came of it."""
    id_, code, seconds = ANSWERS[name]
    if "answer" not in code:
        code = "def answer(*inputs):\n" + textwrap.indent(code, "    ")
    code, file = PRELUDE + code + "\n", f"<{name}>"
    linecache.cache[file] = len(code), None, code.splitlines(keepends=True), file
    sys.stdin = os.fdopen(os.pipe()[0])  # where nobody types
    sys.stdout, sys.stderr = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
    torch.set_num_threads(1)
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(code, file, "exec"), names)  # noqa: S102
    before, said = state(), dict[str, Any](raised=None, right=None, text="", changed=[])
    try:
        verdict = check(id_, names["answer"], seconds=seconds)
        said |= {"right": verdict.right, "text": verdict.text[:5000]}
    except BaseException as error:  # noqa: BLE001
        said["raised"] = type(error).__name__ + ascii(error.args)[:300]
    after = state()
    return said | {"changed": [each for each in before if before[each] != after[each]]}


@cache
def result(name: str) -> dict[str, Any]:
    """Check an answer in a process of its own, so that whatever it breaks ends with that."""
    reading, writing = os.pipe()
    with warnings.catch_warnings(action="ignore"):  # threads of other tests
        child = os.fork()
    if not child:
        try:
            os.write(writing, json.dumps(told(name)).encode())
        except BaseException as error:  # noqa: BLE001
            os.write(writing, json.dumps({"raised": f"after the check: {error!r}"[:500]}).encode())
        finally:
            os._exit(0)
    os.close(writing)
    ready = select.select([reading], [], [], 40)[0]
    answer = os.read(reading, 2**16) if ready else b'{"raised": "nothing: it never ends"}'
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)
    return dict(
        json.loads(answer or b'{"raised": "nothing: the process has ended, or cannot tell"}')
    )


@pytest.mark.parametrize("name", ANSWERS)
def test_a_sentence_says_that_a_hostile_answer_is_not_right(name: str) -> None:
    """No exception leaves check, and its verdict is a short sentence."""
    said = result(name)
    assert said["raised"] is None
    assert not said["right"] or name == "looks at the frames"
    assert 0 < len(said["text"]) < 1000
    assert said["text"].rstrip().endswith((".", "?", "!"))
    assert "Traceback" not in said["text"]
    assert said["text"].encode("utf-8").decode().replace("\n", "").isprintable()


@pytest.mark.parametrize("name", [name for name in ANSWERS if not name.endswith(" agrees")])
def test_a_hostile_answer_leaves_nothing_changed(name: str) -> None:
    """After a check the process is as it was before; what is put in a library's place stays."""
    assert result(name).get("changed") == []
