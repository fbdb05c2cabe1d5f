"""Lets `python -m bnstudio` do what `bnstudio` does."""

from bnstudio.cli import main

if __name__ == "__main__":
    main()
