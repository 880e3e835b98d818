"""Bodies read chunk by chunk: bounded, and unpacked no further than the bound."""

from __future__ import annotations

from collections.abc import AsyncIterator

from isal import isal_zlib

from job_hunter.errors import SourceChanged

# Boards pack 5 to 30 times, a bomb a thousand times: beyond `GZIP_FREE` bytes such a ratio is dropped early.
GZIP_RATIO = 200
GZIP_FREE = 8_000_000
GZIP_STEP = 1_048_576


async def capped(chunks: AsyncIterator[bytes], max_bytes: int, where: str) -> AsyncIterator[bytes]:
    """The chunks as they come. Raises `SourceChanged` as soon as they exceed `max_bytes`; `where` names the answer."""
    left = max_bytes
    async for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise too_large(where, max_bytes)
        yield chunk


async def gunzipped(chunks: AsyncIterator[bytes], max_bytes: int, where: str) -> AsyncIterator[bytes]:
    """The unpacked chunks of a gzip body. Raises `SourceChanged` for a body that is too large, broken or cut off."""
    inflate = isal_zlib.decompressobj(wbits=31)
    packed = unpacked = 0
    try:
        async for chunk in chunks:
            packed += len(chunk)
            data = chunk
            while True:
                if inflate.eof and data:  # a gzip body may have several members
                    inflate = isal_zlib.decompressobj(wbits=31)
                out = inflate.decompress(data, GZIP_STEP)
                unpacked += len(out)
                if unpacked > max_bytes or unpacked > max(GZIP_FREE, packed * GZIP_RATIO):
                    raise too_large(where, min(max_bytes, unpacked))
                yield out
                data = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
                # A full step may leave output behind in the decompressor although its input is used up.
                if not data and (inflate.eof or len(out) < GZIP_STEP):
                    break
    except isal_zlib.error as error:  # type: ignore[misc]  # the stub names no class
        raise SourceChanged(f"{where} answered with a gzip body that cannot be unpacked") from error
    if packed and not inflate.eof:
        raise SourceChanged(f"{where} answered with a gzip body that is cut off")


def too_large(where: str, size: int) -> SourceChanged:
    """The refusal of an answer of over `size` bytes."""
    return SourceChanged(f"{where} answered with more than {size / 1_000_000:.3g} MB; the answer was dropped")
