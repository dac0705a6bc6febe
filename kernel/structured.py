"""structlog without rich: it takes that in wherever it is installed, to colour tracebacks that nobody here sees.

Half a hundred modules, a tenth of the CPU of a start and 3 MB (measured; `python -m bench start`). Whoever asks for
rich later has it.
"""

from __future__ import annotations

import sys
from types import ModuleType

_known: ModuleType | None = sys.modules.get("rich")
sys.modules["rich"] = None  # type: ignore[assignment]  # an import of it raises ImportError
try:
    import structlog as structlog
finally:
    del sys.modules["rich"]
    if _known is not None:
        sys.modules["rich"] = _known
