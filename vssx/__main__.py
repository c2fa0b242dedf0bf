"""``python -m vssx`` is the console script."""

from vssx.cli.main import run

run()
