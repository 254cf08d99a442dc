"""Starts the window; without a display, plays the first demo off-screen."""

import sys


def main() -> int:
    """Returns the exit code."""
    from gui import displays

    why = displays.missing()
    if why:
        from gui import demo

        return demo.main(why)
    from gui import app

    return app.run(app.session)


if __name__ == "__main__":
    sys.exit(main())
