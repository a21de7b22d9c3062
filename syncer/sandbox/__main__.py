"""`python -m syncer.sandbox` is `syncer sandbox`."""

from syncer.sandbox.command import sandbox

if __name__ == "__main__":
    sandbox(prog_name="syncer sandbox")
