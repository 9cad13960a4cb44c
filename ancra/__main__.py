"""``python -m ancra`` is ``ancra``."""

from ancra.cli import main

if __name__ == "__main__":
    main()
