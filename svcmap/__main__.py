"""`python -m svcmap`, the same as the `svcmap` command."""

import sys

from svcmap.cli import main

if __name__ == "__main__":
    sys.exit(main())
