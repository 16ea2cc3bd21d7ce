"""Zip archives that depend on their content alone: fixed times, fixed order of the members."""

import io
import zipfile
from collections.abc import Mapping

EPOCH = (1980, 1, 1, 0, 0, 0)


def without_times(data: bytes) -> bytes:
    """The same archive with every member dated 1980, the earliest that zip knows."""
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        return packed({member.filename: source.read(member.filename) for member in source.infolist()})


def packed(files: Mapping[str, bytes]) -> bytes:
    """Files by name as an archive, in their order."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, content)
    return archive.getvalue()
