"""`python -m hub.cli.alive`: asks the hub of this machine whether it is ready, for a container's health check.

Imports nothing of ours: it is run twice a minute and must cost next to nothing.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request

TIMEOUT_S = 5.0
PORT = "CENTRALA_WEB__PORT"


def main() -> int:
    """0 if /readyz answers 200: it takes messages in. A channel that is away does not count."""
    url = f"http://127.0.0.1:{os.environ.get(PORT, '8080')}/readyz"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # of this machine, whatever proxy is set
    try:
        with opener.open(url, timeout=TIMEOUT_S) as answer:
            print(answer.read().decode())
    except urllib.error.HTTPError as error:
        print(error.read().decode("utf-8", "replace"))
        return 1
    except OSError as error:
        print(f"no answer at {url}: {type(error).__name__}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
