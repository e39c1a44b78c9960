"""Command line: `python -m deploy.demo` plays until Ctrl-C, or for `--orders` orders."""

import sys

try:
    from deploy.demo.command import main
except KeyboardInterrupt:  # loading takes a second, and nothing has been started yet
    sys.exit(130)

if __name__ == "__main__":
    main()
