"""A bucket of files of this machine, for reading only: fast, with the latency and the rate of a network.

What it knows of S3 is what a reader asks: lists with prefix, delimiter and pages of a thousand, and objects by ranges. It holds nobody to a
signature.
"""

import asyncio
import bisect
import hashlib
import os
import time
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

PAGE = 1000
PIECE = 256 << 10


class Bucket:
    """Serves a folder as `/BUCKET/…` on a port of its own; counts what is asked."""

    def __init__(self, folder, latency=0.0, rate=None):
        self.latency, self.rate = latency, rate
        self.sent_until = 0.0
        self.lists = self.gets = self.sent = 0
        self.files = {}
        for below, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(below, name)
                state = os.stat(path)
                etag = hashlib.md5(f"{path} {state.st_mtime_ns} {state.st_size}".encode()).hexdigest()
                modified = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(state.st_mtime))
                self.files[os.path.relpath(path, folder)] = (path, state.st_size, modified, etag)
        self.keys = sorted(self.files)

    async def serve(self):
        self.server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def answer(self, reader, writer):
        try:
            while line := await reader.readline():
                method, target, _ = line.decode().split(" ", 2)
                headers = {}
                while (line := await reader.readline()).strip():
                    name, _, value = line.decode().partition(":")
                    headers[name.lower()] = value.strip()
                if self.latency:
                    await asyncio.sleep(self.latency)
                at = urlsplit(target)
                key = unquote(at.path).lstrip("/").partition("/")[2]
                if method == "GET" and not key:
                    await self.list(writer, {name: values[0] for name, values in parse_qs(at.query).items()})
                else:
                    await self.get(writer, method, key, headers.get("range"))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def list(self, writer, asked):
        self.lists += 1
        prefix, delimiter = asked.get("prefix", ""), asked.get("delimiter")
        after = max(asked.get("continuation-token", ""), asked.get("start-after", ""))
        at = bisect.bisect_left(self.keys, prefix)
        if after:
            at = max(at, bisect.bisect_right(self.keys, after))
        found, count, last = [], 0, None
        while at < len(self.keys) and self.keys[at].startswith(prefix) and count < PAGE:
            key = self.keys[at]
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            if end >= 0:
                folder = key[: end + 1]
                found.append(f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>")
                at = bisect.bisect_left(self.keys, folder + "\U0010ffff")
                last = folder + "\U0010ffff"
            else:
                _, size, modified, etag = self.files[key]
                found.append(
                    f"<Contents><Key>{escape(key)}</Key><LastModified>{modified}</LastModified><ETag>&quot;{etag}&quot;</ETag>"
                    f"<Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
                )
                at, last = at + 1, key
            count += 1
        more = at < len(self.keys) and self.keys[at].startswith(prefix)
        token = f"<NextContinuationToken>{escape(last)}</NextContinuationToken>" if more else ""
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>b</Name><Prefix>{escape(prefix)}</Prefix>'
            f"<KeyCount>{count}</KeyCount><MaxKeys>{PAGE}</MaxKeys><IsTruncated>{str(more).lower()}</IsTruncated>{token}"
            f"{''.join(found)}</ListBucketResult>"
        ).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async def get(self, writer, method, key, span):
        self.gets += 1
        if key not in self.files:
            body = b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>"
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            return await writer.drain()
        path, size, _, etag = self.files[key]
        start, end, status = 0, size, "200 OK"
        if span:
            first, _, last = span.removeprefix("bytes=").partition("-")
            start, end = (int(first), min(int(last) + 1, size) if last else size) if first else (size - int(last), size)
            status = "206 Partial Content"
        date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(os.stat(path).st_mtime))
        ranged = f"Content-Range: bytes {start}-{end - 1}/{size}\r\n" if span else ""
        writer.write(
            f'HTTP/1.1 {status}\r\nETag: "{etag}"\r\nLast-Modified: {date}\r\n{ranged}Content-Length: {end - start}\r\n\r\n'.encode()
        )
        if method == "HEAD":
            return await writer.drain()
        with open(path, "rb") as file:
            file.seek(start)
            while start < end:
                piece = file.read(min(PIECE, end - start))
                await self.paced(len(piece))
                writer.write(piece)
                await writer.drain()
                start += len(piece)

    async def paced(self, size):
        """One line for all connections."""
        self.sent += size
        if self.rate:
            now = time.monotonic()
            self.sent_until = max(self.sent_until, now) + size / self.rate
            await asyncio.sleep(self.sent_until - now)
