"""`python -m cosmic_lib` is `cosmic`."""

from cosmic_lib.cli import main

if __name__ == "__main__":
    main()
