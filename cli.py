"""Run symprop from a checkout: `python cli.py ...` is `symprop ...`."""

from symprop.cli import main

if __name__ == "__main__":
    main()
