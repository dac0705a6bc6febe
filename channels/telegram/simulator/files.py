"""The files Telegram keeps: identifiers, sizes of a picture, links that grow old. Nothing is written to disk."""

from __future__ import annotations

import hashlib
import mimetypes
import struct
from collections.abc import Callable, Sequence

from channels.telegram.simulator.model import Document, Photo, StoredFile
from channels.telegram.simulator.refusals import Refusal, bad

LINK_LIFETIME_S = 3600.0
PHOTO_LIMIT_BYTES = 10 * 1024 * 1024
UPLOAD_LIMIT_BYTES = 50 * 1024 * 1024
DOWNLOAD_LIMIT_BYTES = 20 * 1024 * 1024
PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}

# The small size of every picture: a caller that takes photo[0] for the whole picture gets this and notices.
THUMBNAIL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a4944415478da63680000008200"
    "81da45083b0000000049454e44ae426082"
)


class Files:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._files: dict[str, StoredFile] = {}
        self._links: dict[str, tuple[str, float]] = {}

    def keep_document(self, document: Document) -> StoredFile:
        if not document.content:
            raise bad("file must be non-empty")
        if len(document.content) > UPLOAD_LIMIT_BYTES:
            raise Refusal(413, "Request Entity Too Large")
        return self._keep("document", document.content, name=document.name, mime=document.mime)

    def keep_photo(self, photo: Photo) -> Sequence[StoredFile]:
        """The sizes of the picture, the smallest first, as Telegram lists them."""
        if not photo.content:
            raise bad("file must be non-empty")
        mime = next((mime for magic, mime in PICTURES.items() if photo.content.startswith(magic)), "")
        if not mime or len(photo.content) > PHOTO_LIMIT_BYTES:
            raise bad("IMAGE_PROCESS_FAILED")
        width, height = _size(photo.content)
        whole = self._keep("photo", photo.content, mime=mime, size=(width, height))
        small = self._keep("photo", THUMBNAIL, mime="image/png", size=(90, max(1, 90 * height // width)))
        return (small, whole)

    def find(self, file_id: str) -> StoredFile | None:
        return self._files.get(file_id)

    def link(self, file_id: str) -> tuple[StoredFile, str]:
        """The file and a path to download it by, good for an hour."""
        if not file_id:
            raise bad("file_id not specified")
        file = self._files.get(file_id)
        if file is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if len(file.content) > DOWNLOAD_LIMIT_BYTES:
            raise bad("file is too big")
        number = list(self._files).index(file_id)
        path = f"{file.kind}s/file_{number}{_suffix(file)}"
        self._links[path] = (file_id, self._clock() + LINK_LIFETIME_S)
        return file, path

    def download(self, path: str) -> StoredFile | None:
        file_id, until = self._links.get(path, ("", 0.0))
        return self._files[file_id] if file_id and self._clock() < until else None

    def _keep(
        self, kind: str, content: bytes, *, name: str = "", mime: str = "", size: tuple[int, int] = (0, 0)
    ) -> StoredFile:
        digest = hashlib.sha256(content).hexdigest()
        file_id = f"{'AgACAgIAAxkB' if kind == 'photo' else 'BQACAgIAAxkB'}{len(self._files) + 1:06d}{digest[:12]}"
        file = StoredFile(file_id, digest[:16], kind, content, name, mime, *size)
        self._files[file_id] = file
        return file


def _suffix(file: StoredFile) -> str:
    if "." in file.name:
        return "." + file.name.rsplit(".", 1)[1]
    return mimetypes.guess_extension(file.mime) or ""


def _size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG; other kinds pass as 800 x 600, which nobody here measures."""
    if content.startswith(b"\x89PNG") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return max(1, width), max(1, height)
    return 800, 600
