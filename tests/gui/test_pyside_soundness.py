"""PySide6 6.12.0 loses a reference to True with each signal, and one to None with most calls, on Python 3.11 and
older; the interpreter then aborts. It is counted in a process of its own, which may abort without harm."""

import os
import subprocess
import sys

EMISSIONS = 300
NOISE = 30  # references that other code may take or drop meanwhile
COUNT = f"""
import sys
from PySide6.QtCore import QObject, Signal

class Source(QObject):
    happened = Signal(int)

source = Source()
source.happened.connect(lambda number: None)
source.happened.emit(0)
before = [sys.getrefcount(value) for value in (None, True, False)]
for number in range({EMISSIONS}):
    source.happened.emit(number)
    source.setObjectName("source")
after = [sys.getrefcount(value) for value in (None, True, False)]
sys.stdout.write(" ".join(str(old - new) for old, new in zip(before, after)))
"""


def test_signals_lose_no_reference_to_none_true_or_false():
    ended = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, env=os.environ)
    assert ended.returncode == 0, ended.stderr
    lost = [int(number) for number in ended.stdout.split()]
    assert len(lost) == 3
    assert max(lost) < NOISE, f"{EMISSIONS} emissions lost references to None, True, False: {lost}"
