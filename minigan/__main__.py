"""`python -m minigan` is the `minigan` command."""

from .cli import main

if __name__ == "__main__":
    main()
