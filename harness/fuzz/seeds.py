#!/usr/bin/env python3
"""Seeds and dictionaries of the fuzz targets, made from the fixtures: seeds.py FOLDER.

FOLDER/small/TARGET/ gets the seeds of a target, FOLDER/large/TARGET/ those that are too long to be changed a thousand times a second,
FOLDER/TARGET.dict its words if it reads text. Always the same for the same fixtures.
"""
import hashlib
import json
import re
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
LARGE = 4096


class Corpus:
    def __init__(self, folder):
        self.folder = Path(folder)

    def add(self, target, seed):
        if isinstance(seed, str):
            seed = seed.encode()
        folder = self.folder / ("large" if len(seed) > LARGE else "small") / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)

    def words(self, target, words):
        quoted = sorted({"".join(f"\\x{byte:02x}" for byte in word.encode()) for word in words if word})
        (self.folder / f"{target}.dict").write_text("".join(f'"{word}"\n' for word in quoted))


def files(pattern):
    found = sorted(path for path in ROOT.glob(pattern) if path.is_file())
    assert found, f"no {pattern}"
    return found


def payloads(corpus):
    # the bases of harness/fuzz/src/payload.rs: what a vector answers decides by its depth
    bases = {0: [0], 1: [1], 2: [2, 15], 3: [3, 4, 5, 6, 7, 8, 9, 10, 11], 4: [14]}
    for path in files("fixtures/vectors/*/*.vector"):
        payload, base = b"", "/"
        for line in path.read_text().splitlines():
            key, _, value = line.partition(": ")
            if key == "hex":
                payload += bytes.fromhex(value)
            elif key == "text":
                payload += value.encode()
            elif key == "base":
                base = value
        depth = len([part for part in base.split("/") if part])
        name = path.parent.name.replace("-", "_")
        target = "payload_links" if name == "link_format" else f"payload_{name}"
        for choice in bases[depth]:
            corpus.add(target, bytes([choice]) + payload)
            if name in ("senml_json", "senml_cbor"):
                corpus.add(f"payload_senml_etch_{name[6:]}", bytes([choice]) + payload)
        if name == "link_format":
            corpus.add("link_format", payload)
    json_words = ["bn", "bt", "bv", "bs", "n", "v", "vs", "vb", "vd", "vlo", "t", "e", "sv", "bv", "ov", "u", "bu", "bver", "1e999", "-0", "\\u0000", "\\ud800", "/9/0/", "null", "true"]
    for target in ("payload_senml_json", "payload_senml_etch_json", "payload_lwm2m_json"):
        corpus.words(target, json_words)
    for seed in ["coap://[::1]:5684/rd?ep=x", "coaps+tcp://example.com", "pmin=5&pmax=60&gt=1.5&edge=1", "</>;rt=\"oma.lwm2m\";ct=\"11 60\",</1/0>,</3/0>;ver=1.1,</5>"]:
        corpus.add("link_format", seed)


def coap(corpus):
    datagrams = [
        "400120da", "600020da", "70000001",
        "42011234070831b3027264", "48020001aabbccddeeff0011b2726411283f65703d75726e3a6465763a78066c743d383630036c776d326d3d312e31 05623d55".replace(" ", ""),
        "4145000177c22d167f" + "ff" + "08016e88002b", "440500016162636460450b7b226e223a2233227d",
        "4001000263666f6fd10d05ff00", "4002000160b1720a13ffd30e", "4101000135e00100ff00",
    ]
    for datagram in datagrams:
        corpus.add("coap_datagram", bytes.fromhex(datagram))
    frames = ["40e1220480 20", "01e242", "11e34220", "c0e42361 3a310162211effff627965", "50e52109ff6e6f", "0000", "01437f", "d4010161626364b1720131"]
    frames = [bytes.fromhex(frame.replace(" ", "")) for frame in frames]
    for frame in frames:
        corpus.add("coap_stream", b"\x01" + frame)
    corpus.add("coap_stream", b"\x40" + b"".join(frames))
    for path in files("fixtures/captures/links/*.pcap"):
        corpus.add("capture_file", b"\x40" + path.read_bytes())


def texts(corpus):
    folders = {"states": "states/x", "configurations": "configurations/x", "errata": "errata/x", "mutants": "mutants/x"}
    for path in files("fixtures/testcases/**/*.yaml") + files("testcases/**/*.yaml") + files("fixtures/mutants/*.yaml")[::20]:
        if path.stat().st_size < 6000:
            name = "mutants/x" if path.parent == FIXTURES / "mutants" else folders.get(path.parent.name, "x")
            corpus.add("case_yaml", f"# {name}\n" + path.read_text())
    reference = (ROOT / "testcases/reference.md").read_text()
    words = set(re.findall(r"`([a-z0-9-]{2,})`", reference)) | {"${", "}", "hex:", "absent", "&a ", "*a", "<<: ", "!!binary ", "? ", "---\n", "|\n", "- ", ": ", "{}", "[]"}
    corpus.words("case_yaml", words)
    for path in files("profiles/*.yaml") + files("fixtures/events/scripted/*.yaml") + files("fixtures/testcases/bad/profiles/*.yaml"):
        if "expected" in path.name:
            continue
        text = path.read_text()
        expected = path.with_suffix("").with_suffix(".expected.yaml")
        corpus.add("profile_yaml", text + ("\n===\n" + expected.read_text() if expected.exists() else ""))
    corpus.words("profile_yaml", words)
    for path in files("fixtures/events/*.yaml") + files("fixtures/events/scripted/event.yaml"):
        corpus.add("event_yaml", path.read_text())
    keys = re.findall(r"^ *(?:- )?([a-z-]+):", "\n".join(path.read_text() for path in files("fixtures/events/**/*.yaml")), re.M)
    corpus.words("event_yaml", set(keys) | {"- ", ": ", "{", "}", "[", "]", "|\n", "&a ", "*a", "09:00", "2026-02-30", "+14:00"})
    for path in files("fixtures/sessions/testfest/*.yaml") + files("fixtures/sessions/testfest/*.jsonl"):
        corpus.add("session_files", path.read_text())
    zeros = "0" * 64
    corpus.add("session_files", f'name: A\nsign: "{zeros}"\nopen: x\nseal: y\n')
    corpus.add("session_files", f'name: A\nsign: "{"3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29"}"\nseal: y\n')
    for path in files("fixtures/objects/*.xml") + files("fixtures/objects/bad/**/*.xml"):
        if path.stat().st_size < 20000:
            corpus.add("ddf_xml", path.read_bytes())
    corpus.words("ddf_xml", ["<Item ID=\"1\">", "</Item>", "<![CDATA[", "]]>", "<!--", "-->", "<!DOCTYPE a [<!ENTITY b \"c\">]>", "&b;", "&#0;", "&lt;", "<?xml version=\"1.0\" encoding=\"UTF-16\"?>", "\ufeff", "Multiple", "Single", "Mandatory", "RangeEnumeration", "urn:oma:lwm2m:oma:3", "xmlns:a=\"b\""])
    for target in ("payload_text", "payload_links"):
        corpus.words(target, ["\"", "\\", "<", ">", ";", "=", "=", ",", "</9/0/1>", "-0", "1e308", "9223372036854775808", "0:0", "true"])


def records(corpus):
    for path in files("fixtures/sessions/*.json") + files("fixtures/sessions/testfest/*.json"):
        record = json.loads(path.read_text())
        if not isinstance(record, dict) or "cases" not in record:
            continue
        text = json.dumps(record["session"], separators=(",", ":"))
        corpus.add("session_json", text)
        for case in record["cases"]:
            case = case.get("record", case) if isinstance(case, dict) else case
            text = json.dumps(case, separators=(",", ":"))
            if len(text) < 8000:
                corpus.add("case_json", text)
    for line in ['{"run":{"name":"x","planned":3}}', '{"begins":{"play":0,"name":"a","id":"b","title":"c","seat":"client"}}', '{"passes":{"play":0,"message":{"time":1,"from":"client","to":"server","label":"x"}}}', '{"ends":{"play":0,"verdict":"pass","reason":null,"steps":[]}}', '{"asks":{"prompt":1,"kind":"ask","text":"?"}}', '{"answered":{"prompt":1,"at":"browser","reply":{"no":"x"}}}']:
        corpus.add("live_lines", line + "\n")
    corpus.add("submission_json", json.dumps(SUBMISSION))


SUBMISSION = {
    "format": 1,
    "event": "TF-0",
    "session": "3",
    "lwm2m": "1.1",
    "ets": "OMA-ETS",
    "client": {"company": "A", "product": "B", "version": "1"},
    "server": {"company": "C", "product": "D", "version": "2"},
    "results": [{"id": "LightweightM2M-1.0-int-101", "verdict": "pass"}],
    "evidence": {"a/case.json": "00"},
}


def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def captures(corpus):
    """pcapng with fragments, streams and secrets; options and lengths of each kind."""
    def ip4(protocol, payload, ident=7, offset=0, more=False):
        flags = (0x2000 if more else 0) | offset // 8
        return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, flags, 64, protocol, 0, bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])) + payload

    def ip6(protocol, payload):
        return struct.pack(">IHBB16s16s", 0x60000000, len(payload), protocol, 64, bytes(15) + b"\1", bytes(15) + b"\2") + payload

    def udp(payload):
        return struct.pack(">HHHH", 40000, 5683, 8 + len(payload), 0) + payload

    def tcp(flags, sequence, payload=b""):
        return struct.pack(">HHIIBBHHH", 40000, 5683, sequence, 0, 0x50, flags, 1000, 0, 0) + payload

    message = bytes.fromhex("42011234070831b3027264")
    whole = udp(message * 9)
    frames = [
        ip4(17, udp(message)), ip6(17, udp(message)),
        ip4(17, whole[:32], more=True), ip4(17, whole[64:], offset=64), ip4(17, whole[32:64], offset=32, more=True),
        ip6(44, struct.pack(">BBHI", 17, 0, 1, 9) + whole[:32]), ip6(44, struct.pack(">BBHI", 17, 0, 32, 9) + whole[32:]),
        ip4(6, tcp(2, 9)), ip4(6, tcp(16, 10, b"abc")), ip4(6, tcp(16, 16, b"hij")), ip4(6, tcp(16, 13, b"def")), ip4(6, tcp(17, 19)),
    ]
    section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack("<HHI", 101, 0, 0) + option(9, b"\x09") + option(2, b"lo") + option(0, b""))
    secrets = block(10, struct.pack("<II", 0x544C534B, 20) + b"CLIENT_RANDOM 00 00\n")
    packets = b"".join(block(6, struct.pack("<IIIII", 0, 0, at, len(frame), len(frame)) + frame + bytes(-len(frame) % 4) + option(1, b"x") + option(0, b"")) for at, frame in enumerate(frames))
    for size in (1, 7, 200):
        corpus.add("capture_file", bytes([size]) + section + interface + secrets + packets)
        corpus.add("capture_file", bytes([size]) + section + interface + block(3, struct.pack("<I", len(frames[0])) + frames[0]) + block(5, bytes(12)) + section + interface)
    for magic in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1"):
        file = magic + struct.pack("<HHiIII", 2, 4, 0, 0, 65535, 101)
        file += b"".join(struct.pack("<IIII", 1, 2, len(frame), len(frame)) + frame for frame in frames)
        corpus.add("capture_file", b"\x40" + file)
    log = "# x\nCLIENT_RANDOM " + "ab" * 32 + " " + "cd" * 48 + "\nCLIENT_TRAFFIC_SECRET_0 00 11\n"
    corpus.add("key_log", log)
    corpus.add("key_log", "client=736563726574")
    corpus.words("key_log", ["CLIENT_RANDOM ", "ab" * 32, "cd" * 48, "=", "\n"])


def security(corpus):
    for path in files("fixtures/keys/*.der") + files("fixtures/keys/*.p8"):
        corpus.add("certificate_der", path.read_bytes())
    for path in files("fixtures/keys/*.pem"):
        corpus.add("certificate_pem", path.read_bytes())
    corpus.words("certificate_pem", ["-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", "-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----\n", "-----BEGIN PUBLIC KEY-----\n", "-----END PUBLIC KEY-----\n"])
    for value in ("", "090525", "0900", "19050544616c656b", "0107", "1907036b6964"):
        corpus.add("oscore_option", bytes.fromhex(value))
    get = bytes.fromhex("420112340708b13301300130")

    def step(what, run=b""):
        return bytes([what]) + struct.pack(">H", len(run)) + run

    answer = bytes.fromhex("6245123407 08ff31".replace(" ", ""))
    for flags in (0, 1):
        corpus.add("oscore_exchange", bytes([flags]) + step(0, get) + step(1) + step(4, answer) + step(13) + step(2, b"\x0c\x01") + step(3, get))
        corpus.add("oscore_exchange", bytes([flags]) + step(0, get) + step(0, get) + step(9) + step(1) + step(1) + step(7, answer))
    for suite in range(9):
        for keys in (0, 1, 2, 3, 8, 12, 0x0A):
            for target in ("tls_watcher", "watch_wire"):
                corpus.add(target, bytes([suite, keys]))
                corpus.add(target, bytes([suite, keys, 4, 5, 0, 20, 1, 2, 3, 7, 1, 9]))
                corpus.add(target, bytes([suite, keys, 0, 2]) + struct.pack(">H", len(get)) + get)
    hello = bytes.fromhex("16fefd00000000000000000020" + "010000140000000000000014" + "fefd" + "aa" * 18)
    record = bytes.fromhex("17fefd0001000000000001000400112233")
    for choice in range(16):
        for body in (hello, record, hello[25:], bytes.fromhex("00066c6f67696e6765"), bytes.fromhex("fefd" + "bb" * 32 + "00" + "c0a8" + "00" + "0004ff010000")):
            corpus.add("tls_record", bytes([choice]) + body)


def hostile(corpus):
    """What is small to write and large to read: nested, repeated, multiplied, with lengths that lie."""
    many = 20000
    yaml = ["[" * many, "{a: " * many, "- " * many, "[" + "[]," * many + "]", "[" + "a," * many + "]", "".join(f"a{n}:\n" for n in range(many)), "a: &a [x]\nb: [" + "*a," * many + "]", "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n", "a: |\n" + "  x\n" * many, "? " * many, "'" * many, "a: " * many, "dialogue:\n" + "  - {step: x}\n" * (many // 4), "---\n" * many, "#" * many, "!!x " * many, "\t" * many, "<<: {a: b}\n" * (many // 4)]
    for text in yaml:
        corpus.add("case_yaml", "# x\n" + text)
        for target in ("profile_yaml", "event_yaml", "session_files"):
            corpus.add(target, text)
    step = "  - step: A.\n    client: {register: {}}\n    server: {created: {}}\n"
    corpus.add("case_yaml", "# x\nid: x\ntitle: x\nsource: {document: x}\nseats: [client]\ndialogue:\n" + step * 300)
    corpus.add("case_yaml", "# x\nid: x\ntitle: x\nrequires: " + "(" * 3000 + "tlv" + ")" * 3000 + "\n")
    corpus.add("case_yaml", "# x\nid: x\ntitle: x\nrequires: " + "not " * 3000 + "tlv\n")
    for text in ["<a>" * many, "<LWM2M>" + "<Object/>" * many + "</LWM2M>", "<LWM2M " + " ".join(f'a{n}=""' for n in range(many // 8)) + "/>", '<!DOCTYPE a [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>', "<LWM2M>" + "&amp;" * many + "</LWM2M>", "<LWM2M><Object><Resources>" + "<Item ID=\"1\"/>" * (many // 2) + "</Resources></Object></LWM2M>", "<!--" + "-" * many]:
        corpus.add("ddf_xml", text)
    name = "/9/0/" + "0" * many
    senml = ["[" * many, "[" + "[]," * many, '[{"bn":"' + name + '"}' + ',{"n":"1","v":1}' * 1000 + "]", '[{"bn":"/9/0/1","bv":1e308}' + ',{"v":1e308}' * 2000 + "]", "[" + ",".join("{}" for _ in range(many)) + "]", '[{"n":"' + "/1" * many + '","v":1}]', '[{"vs":"' + "\\u0061" * many + '"}]', '[{"vd":"' + "A" * many + '"}]', '[{"v":' + "9" * many + "}]", '{"e":[' + ",".join('{"n":"1","v":1}' for _ in range(2000)) + "]}", '{"bn":"' + name + '","e":[' + ",".join('{"n":"1","v":1}' for _ in range(2000)) + "]}"]
    for target in ("payload_senml_json", "payload_senml_etch_json", "payload_lwm2m_json"):
        for text in senml:
            corpus.add(target, b"\2" + text.encode())
    long_name = b"\x21\x79" + struct.pack(">H", len(name)) + name.encode()
    cbor = [b"\x81" * many, b"\xa1" * many, b"\x9f" * many, b"\xc1" * many, b"\x9b" + b"\xff" * 8, b"\x9a\xff\xff\xff\xff" * 1000, b"\x5b" + b"\x7f" + b"\xff" * 7, b"\x7f" + b"\x60" * many + b"\xff", b"\x5f" + b"\x40" * many + b"\xff", b"\x99\x4e\x20" + b"\xa0" * many, b"\x99\x4e\x20" + b"\x80" * many, b"\xb9\x4e\x20" + b"\x00\x00" * many, b"\xbf" + b"\x00\xa0" * many + b"\xff", b"\x99\x03\xe9" + b"\xa1" + long_name + b"\xa2\x00\x611\x02\x01" * 1000, b"\xa1\x01\xa1\x00\xb9\x03\xe8" + b"".join(b"\x19" + struct.pack(">H", n + 300) + b"\x01" for n in range(1000)), b"\xa1\x84\x09\x00\x01\x02" * 1000]
    for target in ("payload_cbor", "payload_senml_cbor", "payload_senml_etch_cbor", "payload_lwm2m_cbor"):
        for text in cbor:
            corpus.add(target, b"\2" + text)
    for payload in [b"\xc0\x00" * many, b"\x00\x00" * many, b"\xc1\x00\x00" * many, b"\x80\x00" * many, b"\x08\x00\xff\xff" * 1000, b"\x18\x00\xff\xff\xff" * 1000]:
        corpus.add("payload_tlv", b"\2" + payload)
    nested = b""
    for _ in range(200):
        nested = b"\x10\x00" + struct.pack(">H", len(nested)) + nested
    corpus.add("payload_tlv", b"\2" + nested)
    for text in ["</1>," * many, "</1>;a" + ";a" * many, '</1>;a="' + "\\a" * many + '"', "</" + "1/" * many + ">", "<>" * many, ";" * many, "pmin=1&" * many, "coap://" + "[" * many]:
        corpus.add("link_format", text)
        for target in ("payload_links", "payload_text", "payload_opaque"):
            corpus.add(target, "\10" + text)
    for text in ["[" * many, '{"a":' * many, '{"results":[' + '{"id":"","verdict":"pass"},' * 2000, '{"evidence":{' + ",".join(f'"{n}":""' for n in range(5000)) + "}}", '{"cases":[' + "{}," * many, '"' + "\\u0061" * many]:
        for target in ("session_json", "case_json", "submission_json", "live_lines", "session_files"):
            corpus.add(target, text)
    corpus.add("live_lines", "\n" * many)
    corpus.add("live_lines", '{"asks":{"prompt":1,"kind":"ask","text":""}}\n' * 1000)
    corpus.add("session_files", '{"at":"","team":"client","case":0,"say":{"verdict":{"verdict":"pass","proposed":"pass"}}}\n' * 1000)
    corpus.add("key_log", "x\n" * many)
    corpus.add("key_log", "CLIENT_RANDOM\n" * (many // 4))
    corpus.add("key_log", ("CLIENT_RANDOM " + "ab" * 32 + " " + "cd" * 48 + "\n") * 300)
    datagram = b"\x40\x01\x00\x01"
    corpus.add("coap_datagram", datagram + b"\x10" * many)
    corpus.add("coap_datagram", datagram + b"\x00" * many)
    corpus.add("coap_datagram", datagram + b"\xe0\xff\xff" * many)
    corpus.add("coap_stream", b"\x01" + b"\x00\x01" * many)
    corpus.add("coap_stream", b"\xff" + b"\x00\x01" * many)
    corpus.add("coap_stream", b"\x07" + b"\xf0" + b"\x7f\xff\xff\xff\x01" + b"x" * many)
    section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack("<HHI", 101, 0, 0))
    corpus.add("capture_file", b"\xff" + section * 500)
    corpus.add("capture_file", b"\xff" + section + interface * 3000)
    corpus.add("capture_file", b"\xff" + section + interface + struct.pack("<II", 6, 0x7FFFFFFC) + bytes(2000))
    corpus.add("capture_file", b"\xff" + section + interface + struct.pack("<II", 10, 0x10000000) + bytes(2000))
    corpus.add("capture_file", b"\xff" + section + interface + block(10, struct.pack("<II", 0x544C534B, 0x7FFFFFFF) + bytes(100)))

    def piece(payload, protocol=17, ident=7, flags=0x2000, seq=0):
        packet = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, flags, 64, protocol, 0, bytes([10, 0, 0, 1]), bytes([10, 0, seq >> 8, seq & 255])) + payload
        return block(3, struct.pack("<I", len(packet)) + packet)

    corpus.add("capture_file", b"\xff" + section + interface + b"".join(piece(bytes(8), ident=n) for n in range(1100)))
    corpus.add("capture_file", b"\xff" + section + interface + b"".join(piece(bytes(8), flags=0x2000 | n * 2) for n in range(1100)))
    tcp = [struct.pack(">HHIIBBHHH", 40000, 5683, 9 + 3 * n, 0, 0x50, 16, 1000, 0, 0) + b"x" for n in range(1100)]
    corpus.add("capture_file", b"\xff" + section + interface + b"".join(piece(segment, 6, flags=0) for segment in tcp))
    corpus.add("capture_file", b"\xff" + section + interface + b"".join(piece(tcp[0], 6, flags=0, seq=n) for n in range(1100)))
    corpus.add("certificate_der", b"\x30\x80" * many)
    corpus.add("certificate_der", b"\x30\x84\x7f\xff\xff\xff" * 1000)
    corpus.add("certificate_pem", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" * 1000)
    corpus.add("certificate_pem", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n" * 1000)
    corpus.add("certificate_pem", "-----BEGIN CERTIFICATE-----\n" + "A" * many)
    for choice in range(16):
        corpus.add("tls_record", bytes([choice]) + b"\0" * many)
        corpus.add("tls_record", bytes([choice, 0xff, 0xff]) + b"\0\2\0\0" * many)
        corpus.add("tls_record", bytes([choice, 0xff, 0xff, 0xff]) + b"\0\0\1\0" * many)
    for target in ("tls_watcher", "watch_wire"):
        for suite in range(9):
            run = struct.pack(">H", 60000)
            fragments = b"".join(bytes.fromhex("16fefd0000") + struct.pack(">IHH", 0, n, 13) + b"\x0b\x00\x7f\xff" + struct.pack(">H", n) + b"\0" + struct.pack(">H", n) + b"\0\0\1x" for n in range(2000))
            corpus.add(target, bytes([suite, 2, 0, 3]) + run + fragments)
            records = (bytes.fromhex("17fefd0001") + struct.pack(">IHH", 0, 0, 1) + b"x") * 4000
            corpus.add(target, bytes([suite, 1, 0, 9]) + run + records)
            hellos = b"".join(bytes.fromhex("16fefd0000000000000000002e" + "0100002200000000000000" + "22" + "fefd") + struct.pack(">Q", n) * 4 for n in range(800))
            corpus.add(target, bytes([suite, 0, 0, 0]) + run + hellos)
            corpus.add(target, bytes([suite, 0, 0, 0]) + run + bytes.fromhex("1603034000") + b"\x0b\x00\x40\x00" * 10000)
            corpus.add(target, bytes([suite, 1, 0, 0]) + run + b"\x00\x01" * 30000)


def main():
    corpus = Corpus(sys.argv[1])
    for make in (payloads, coap, texts, records, captures, security, hostile):
        make(corpus)


main()
