"""A recorded run played again, and what it would have been along another route."""

from gui.views.replay.loader import Loader
from gui.views.replay.transport import Transport
from gui.views.replay.what_if import WhatIfView

__all__ = ["Loader", "Transport", "WhatIfView"]
