"""What a wheel holds besides the package: the manual, and the man pages where `make man` has made them."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Puts the manual where `syncer help` looks for it, and each man page where `man` does."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the pages to what is built."""
        if self.target_name == "wheel" and version == "standard":
            for page in sorted(Path(self.root, "docs").rglob("*.md")):
                build_data["force_include"][str(page)] = f"syncer/{page.relative_to(self.root).as_posix()}"
            for page in sorted(Path(self.root, "man").glob("*.1")):
                build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"
