#!/usr/bin/env python3
"""A second verifier of receipts, written from these pages and the C2SP texts alone.

    pip install cryptography
    verify.py RECEIPT.jws JWKS.json LOG.vkey [--witness W.vkey]... [--record RECORD.json]

It shares no code with the gateway. Where the two differ, one of them, or a page, is wrong.
"""
import argparse
import base64
import hashlib
import hmac
import json
import sys

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

FIELDS = {1: 32, 2: 32, 3: 32, 4: 32, 5: 32, 6: 32, 7: 32, 8: 32, 9: None, 10: 8}
KINDS = {  # must have, may have
    2: ({1, 2, 10}, {6, 7}),
    3: ({1, 9}, {3, 4, 6, 7, 8}),
    4: ({1, 9, 10}, {6, 7}),
    5: ({1, 9, 10}, {6, 7}),
}
OUTCOMES = {"answered": {2}, "refused": {3}, "failed": {4, 5}}


class Refused(Exception):
    pass


def need(condition, why):
    if not condition:
        raise Refused(why)


def b64url(text):
    need("=" not in text, "base64url without padding")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    need(base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == text, "one spelling of base64url")
    return raw


def b64(text):
    raw = base64.b64decode(text, validate=True)
    need(base64.b64encode(raw).decode() == text, "one spelling of base64")
    return raw


def once(pairs):
    names = [name for name, _ in pairs]
    need(len(set(names)) == len(names), "a member told twice")
    return dict(pairs)


def opened(jws, jwks):
    header, payload, signature = jws.split(".")
    head = json.loads(b64url(header), object_pairs_hook=once)
    need(set(head) == {"alg", "kid", "typ"} and head["typ"] == "receipt+jwt", "the header")
    for key in jwks["keys"]:
        members = {"EC": ["crv", "kty", "x", "y"], "OKP": ["crv", "kty", "x"]}.get(key["kty"], [])
        canonical = json.dumps({name: key[name] for name in members}, separators=(",", ":"))
        kid = base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()
        if not members or kid != head["kid"]:
            continue
        signed, raw = f"{header}.{payload}".encode(), b64url(signature)
        need(len(raw) == 64, "a signature of 64 bytes")
        if key["kty"] == "OKP":
            need(head["alg"] == "EdDSA" and key["crv"] == "Ed25519", "the key's algorithm")
            ed25519.Ed25519PublicKey.from_public_bytes(b64url(key["x"])).verify(raw, signed)
        else:
            need(head["alg"] == "ES256" and key["crv"] == "P-256", "the key's algorithm")
            x, y = (int.from_bytes(b64url(key[name]), "big") for name in "xy")
            der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
            public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
            public.verify(der, signed, ec.ECDSA(hashes.SHA256()))
        return json.loads(b64url(payload), object_pairs_hook=once)
    raise Refused("a key of the JWK set")


def vkey(text):
    name, key_id, encoded = text.strip().split("+", 2)
    raw = b64(encoded)
    need(hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() == key_id, "the key id")
    return name, raw[0], bytes.fromhex(key_id), ed25519.Ed25519PublicKey.from_public_bytes(raw[1:])


def checkpoint(text, log, witnesses):
    body, _, lines = text.rpartition("\n\n")
    body += "\n"
    seen = set()
    for line in lines.rstrip("\n").split("\n"):
        dash, name, encoded = line.split(" ")
        need(dash == "—", "a signature line")
        raw = b64(encoded)
        for key in [log, *witnesses]:
            if (name, raw[:4]) != (key[0], key[2]):
                continue
            if key[1] == 1:
                key[3].verify(raw[4:], body.encode())
            else:
                time = int.from_bytes(raw[4:12], "big")
                key[3].verify(raw[12:], f"cosignature/v1\ntime {time}\n{body}".encode())
            seen.add(name)
    need(log[0] in seen, "the log's signature")
    for witness in witnesses:
        need(witness[0] in seen, f"the cosignature of {witness[0]}")
    origin, size, root = body.rstrip("\n").split("\n")[:3]
    need(origin == log[0] and str(int(size)) == size, "origin and size")
    return origin, int(size), b64(root)


def included(index, size, node, proof, root):
    """RFC 9162 section 2.1.3.2."""
    need(0 <= index < size, "an index within the tree")
    number, last = index, size - 1
    for sibling in proof:
        need(last > 0, "a proof no longer than the way to the root")
        if number & 1 or number == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        number, last = number >> 1, last >> 1
    need(last == 0 and node == root, "the leaf in the tree")


def leaf(raw):
    need(len(raw) <= 512 and raw[0] == 1, "a leaf of version 1")
    kind, time, rest, fields, before = raw[1], int.from_bytes(raw[2:10], "big"), raw[10:], {}, 0
    while rest:
        tag, length = rest[0], int.from_bytes(rest[1:3], "big")
        need(tag > before and len(rest) >= 3 + length, "fields in order")
        need(FIELDS.get(tag, -1) in (length, None), "a field's length")
        fields[tag], rest, before = rest[3 : 3 + length], rest[3 + length :], tag
    must, may = KINDS[kind]
    need(must <= set(fields) <= must | may and not (7 in fields and 6 not in fields), "the kind's fields")
    return kind, time, fields


def digest(text):
    need(text.startswith("sha-256:"), "a SHA-256 digest")
    raw = b64url(text.removeprefix("sha-256:"))
    need(len(raw) == 32, "a digest of 32 bytes")
    return raw


def commitment(jti, subject, value):
    message = b"negiz/commitment/v1\0" + bytes([subject]) + value
    return hmac.new(jti.encode(), message, hashlib.sha256).digest()


def verify(jws, jwks, log, witnesses, record):
    claims = opened(jws, jwks)
    where = claims["log"]
    origin, size, root = checkpoint(where["checkpoint"], log, witnesses)
    need(where["origin"] == origin, "the log that is claimed")
    raw = b64(where["leaf"])
    kind, time, fields = leaf(raw)
    node = hashlib.sha256(b"\0" + raw).digest()
    included(where["index"], size, node, [b64(text) for text in where["proof"]], root)
    need(kind in OUTCOMES[claims["outcome"]], "a leaf of the outcome's kind")
    need(fields[1] == commitment(claims["jti"], 1, digest(claims["request"])), "the request in the leaf")
    if claims["outcome"] == "answered":
        need("code" not in claims, "no code with an answer")
        need(fields[2] == commitment(claims["jti"], 2, digest(claims["answer"])), "the answer in the leaf")
    else:
        need("answer" not in claims and fields[9].decode() == claims["code"], "the code in the leaf")
    need(claims["iat"] >= time // 1000, "a receipt not older than its leaf")
    if record is not None:
        # RFC 8785 for records without floating-point numbers and keys beyond the BMP.
        canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        need(hashlib.sha256(canonical.encode()).digest() == digest(claims["answer"]), "the record that was answered")
    return claims


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("receipt")
    parser.add_argument("jwks")
    parser.add_argument("log")
    parser.add_argument("--witness", action="append", default=[])
    parser.add_argument("--record")
    given = parser.parse_args()
    read = lambda path: open(path, encoding="utf-8").read()
    record = json.loads(read(given.record)) if given.record else None
    try:
        witnesses = [vkey(read(path)) for path in given.witness]
        claims = verify(read(given.receipt).strip(), json.loads(read(given.jwks)), vkey(read(given.log)), witnesses, record)
    except Exception as why:  # whatever is wrong with the bytes, the receipt is not verified
        print(f"not verified: {type(why).__name__}: {why}")
        return 1
    print(f"verified: {claims['outcome']} {claims.get('code', '')}, request {claims['jti']}, entry {claims['log']['index']} of {claims['log']['origin']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
