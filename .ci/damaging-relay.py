#!/usr/bin/env python3
"""Starts a LwM2M Client behind a UDP relay that damages one thing: a 2.05 with TLV says octet-stream.

    damaging-relay.py --server coap://127.0.0.1:5683 -- COMMAND ... {relay} ...

The relay listens on a port of its own on 127.0.0.1; {relay} in the command becomes its coap URI. Everything but the Content-Format (11542
becomes 42) of 2.05 messages on their way to the server passes unchanged. Ends with the command, whose exit status it takes over.
"""

import argparse
import selectors
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

CONTENT = 0x45  # 2.05 (RFC 7252, 12.1.2)
CONTENT_FORMAT = 12  # RFC 7252, 5.10
TLV = 11542
OCTET_STREAM = 42
PAYLOAD_MARKER = 0xFF  # RFC 7252, 3


def damage(datagram):
    """The datagram with the Content-Format changed, or as it came if it is not a 2.05 with TLV or cannot be read."""
    try:
        header, options, rest = read(datagram)
    except IndexError:
        return datagram
    is_tlv = any(number == CONTENT_FORMAT and int.from_bytes(value, "big") == TLV for number, value in options)
    if datagram[1] != CONTENT or not is_tlv:
        return datagram
    damaged = [
        (number, bytes([OCTET_STREAM]) if number == CONTENT_FORMAT else value)
        for number, value in options
    ]
    return header + write(damaged) + rest


def read(datagram):
    """Header with token, options as (number, value), and the rest from the payload marker on (RFC 7252, 3.1)."""
    if len(datagram) < 4:
        raise IndexError("shorter than a header")
    position = 4 + (datagram[0] & 0x0F)
    header, options, number = datagram[:position], [], 0
    while position < len(datagram) and datagram[position] != PAYLOAD_MARKER:
        first = datagram[position]
        position += 1
        delta, position = extended(first >> 4, datagram, position)
        length, position = extended(first & 0x0F, datagram, position)
        if position + length > len(datagram):
            raise IndexError("option longer than the datagram")
        number += delta
        options.append((number, datagram[position : position + length]))
        position += length
    return header, options, datagram[position:]


def extended(nibble, datagram, position):
    """The value of a delta or length nibble with its extension bytes, and where to go on."""
    if nibble == 13:
        return 13 + datagram[position], position + 1
    if nibble == 14:
        return 269 + 256 * datagram[position] + datagram[position + 1], position + 2
    if nibble == 15:
        raise IndexError("reserved nibble")
    return nibble, position


def write(options):
    """The options as bytes."""
    out, last = b"", 0
    for number, value in options:
        delta, more_delta = nibble_of(number - last)
        length, more_length = nibble_of(len(value))
        out += bytes([delta << 4 | length]) + more_delta + more_length + value
        last = number
    return out


def nibble_of(value):
    """The nibble of a delta or length, and its extension bytes."""
    if value < 13:
        return value, b""
    if value < 269:
        return 13, bytes([value - 13])
    return 14, (value - 269).to_bytes(2, "big")


class Relay:
    """One socket towards the clients, and one towards the server for each address a client sends from."""

    def __init__(self, server):
        self.server = server
        self.near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.near.bind(("127.0.0.1", 0))
        self.far = {}
        self.damaged = 0
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.near, selectors.EVENT_READ, None)

    def uri(self):
        return "coap://127.0.0.1:%d" % self.near.getsockname()[1]

    def turn(self, timeout):
        """Passes on what arrives within the timeout."""
        for key, _ in self.selector.select(timeout):
            try:
                if key.data is None:
                    self.to_server()
                else:
                    self.near.sendto(key.fileobj.recv(65536), key.data)
            except ConnectionRefusedError:
                pass  # the server is not there: the client finds out by itself

    def to_server(self):
        datagram, client = self.near.recvfrom(65536)
        if client not in self.far:
            far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            far.bind(("127.0.0.1", 0))
            far.connect(self.server)
            self.far[client] = far
            self.selector.register(far, selectors.EVENT_READ, client)
        damaged = damage(datagram)
        self.damaged += damaged != datagram
        self.far[client].send(damaged)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="coap URI of the server")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    uri = urlsplit(arguments.server)
    relay = Relay((uri.hostname, uri.port or 5683))
    command = [word.replace("{relay}", relay.uri()) for word in arguments.command]
    child = subprocess.Popen(command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: child.send_signal(received))
    while child.poll() is None:
        relay.turn(0.05)
    print("damaging relay: %d messages damaged" % relay.damaged, file=sys.stderr)
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


if __name__ == "__main__":
    sys.exit(main())
