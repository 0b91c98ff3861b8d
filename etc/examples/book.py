#!/usr/bin/env python3
"""An event handler of fixgate-client(8): appends each event, a line of JSON, to
a file, and acknowledges it when the line is on the disk.

An event may come again after a crash, with the same source, client, key, send,
seq and part: who reads the file drops those that it has seen."""
import json
import os
import sys

with open(sys.argv[1], "ab+") as book:
    if book.tell() > 0:  # end the line that a crash may have cut short
        book.seek(-1, os.SEEK_END)
        if book.read(1) != b"\n":
            book.write(b"\n")
    rest = b""
    while data := os.read(0, 1 << 16):
        *lines, rest = (rest + data).split(b"\n")
        book.writelines(line + b"\n" for line in lines)
        book.flush()
        os.fdatasync(book.fileno())
        for line in lines:
            print(json.dumps({"ack": json.loads(line)["n"]}))
        sys.stdout.flush()
