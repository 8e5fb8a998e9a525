"""``python -m ninefold``: the program."""

import sys

from ninefold._program import main

sys.exit(main())
