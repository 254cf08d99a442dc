"""Starts the window; without a display, plays the first demo off-screen."""

import argparse
import sys
from pathlib import Path


def main() -> int:
    """Returns the exit code."""
    from gui import displays

    options = argparse.ArgumentParser(prog="streamover", description="A playground for streaming LLM failover.")
    options.add_argument("--shots", type=Path, metavar="DIR", help="draw pictures of the window into DIR, and end")
    options.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a recorded run to open")
    chosen = options.parse_args()
    if chosen.shots is not None:
        from gui import shots

        return shots.main(chosen.shots)
    why = displays.missing()
    if why:
        from gui import demo

        return demo.main(why)
    from gui import app

    return app.run(lambda application: app.session(application, files=[path.resolve() for path in chosen.files]))


if __name__ == "__main__":
    sys.exit(main())
