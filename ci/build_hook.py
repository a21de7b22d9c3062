"""What a wheel holds besides the package: the man pages, where `make man` has made them."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface[Any]):
    """Puts each page where `man` looks for it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the pages to what is built."""
        if self.target_name == "wheel" and version == "standard":
            for page in sorted(Path(self.root, "man").glob("*.1")):
                build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"
