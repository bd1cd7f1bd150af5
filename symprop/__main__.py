"""`python -m symprop` is the command `symprop`."""

from symprop.cli import main

if __name__ == "__main__":
    main()
