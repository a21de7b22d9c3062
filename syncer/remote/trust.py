"""Whose certificates count: those that the environment names, else those of certifi."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path

import certifi

from syncer.model.problem import Problem, ProjectError


def tls_context(env: Mapping[str, str]) -> ssl.SSLContext:
    """Return what verifies the service, by `SSL_CERT_FILE` and `SSL_CERT_DIR` where they are set.

    Raises:
        ProjectError: One of them is set, and nothing there can be used.
    """
    file, folders = env.get("SSL_CERT_FILE"), env.get("SSL_CERT_DIR")
    for folder in (folders or "").split(os.pathsep):
        if folders and not _has_files(Path(folder)):
            raise _unusable("SSL_CERT_DIR", folder, "which is no folder with certificates in it")
    if not file and not folders:
        return ssl.create_default_context(cafile=certifi.where())
    try:
        return ssl.create_default_context(cafile=file or None, capath=folders or None)
    except ssl.SSLError:
        raise _unusable("SSL_CERT_FILE", file, "which holds no certificate in PEM form") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise _unusable("SSL_CERT_FILE", file, f"which cannot be read ({why})") from None


def _has_files(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def _unusable(name: str, value: str | None, why: str) -> ProjectError:
    return ProjectError(
        Problem(
            "certificates-unusable",
            f'{name} is "{value}", {why}.',
            hint=f"point {name} at the certificates of whoever inspects TLS in your network, or unset it",
        )
    )
