"""`python -m tests.faults`: the whole matrix, then each store."""

import sys

from tests.faults import stores
from tests.faults.matrix import main

if __name__ == "__main__":
    sys.exit(main() or stores.main(["local", "git", "postgresql"]))
