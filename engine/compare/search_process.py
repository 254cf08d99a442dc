"""A process that searches with regular expressions, so that one that never ends can be ended from outside.

It reads lines of JSON, `[pattern, text]`, from standard input, and writes `true` or `false` for each.
"""

import json
import re
import sys


def main() -> None:
    for line in sys.stdin.buffer:
        pattern, text = json.loads(line)
        sys.stdout.write("true\n" if re.search(pattern, text) else "false\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
