"""The verifier an agency would write itself: nginx asks it before it passes a request on (auth_request).

Checks the signature of the document (compact JWS, ES256, x5c), looks the signer and the case up with one SELECT, and leaves
one durable row. It does far less than Negiz: no revocation, no rules, no record of the answer, no proof. Whatever can be
kept between requests without being wrong is kept: parsed certificates and statements prepared by the driver.
"""

import json
import os
from base64 import b64decode, urlsafe_b64decode
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from functools import lru_cache
from uuid import UUID

import asyncpg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate
from cryptography.x509.oid import NameOID
from fastapi import FastAPI, Request, Response

with open(os.environ["ISSUER"], "rb") as file:
    ISSUER = load_pem_x509_certificate(file.read())
ALGORITHM = ECDSA(SHA256())
SELECT = """SELECT c.status FROM cases AS c JOIN officers AS o ON o.iin = c.holder
            WHERE c.number = $1 AND o.iin = $2 AND o.state = 'registered'"""
INSERT = "INSERT INTO audit (request, signer, document) VALUES ($1, $2, $3)"


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.pool = await asyncpg.create_pool(os.environ["DATABASE"], min_size=16, max_size=16)
    yield
    await app.state.pool.close()


app = FastAPI(lifespan=lifespan)


@lru_cache(maxsize=4096)
def signer(x5c: str):
    certificate = load_der_x509_certificate(b64decode(x5c))
    certificate.verify_directly_issued_by(ISSUER)
    number = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value
    return certificate.public_key(), number.removeprefix("IIN"), certificate.not_valid_after_utc


def decode(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def verify(document: str):
    header, payload, signature = document.split(".")
    facts = json.loads(decode(header))
    if facts["alg"] != "ES256":
        raise ValueError("algorithm")
    key, iin, until = signer(facts["x5c"][0])
    if datetime.now(timezone.utc) > until:
        raise ValueError("expired")
    raw = decode(signature)
    half = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.verify(half, f"{header}.{payload}".encode(), ALGORITHM)
    return iin, json.loads(decode(payload))


@app.get("/authorise")
async def authorise(request: Request) -> Response:
    document = request.headers["x-document"]
    try:
        iin, content = verify(document)
    except (ValueError, KeyError, InvalidSignature):
        return Response(status_code=401)
    async with request.app.state.pool.acquire() as connection:
        status = await connection.fetchval(SELECT, content["basis"]["case"], iin)
        await connection.execute(INSERT, UUID(content["id"]), iin, document.encode())
    return Response(status_code=204 if status == "open" else 403)
