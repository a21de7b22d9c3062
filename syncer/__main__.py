"""`python -m syncer`: the same as the command `syncer`."""

from syncer.cli import main

if __name__ == "__main__":
    main()
