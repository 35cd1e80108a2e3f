-- What a verifier behind auth_request needs at least: who may ask, about what, and a trace that it happened.
CREATE TABLE officers (iin text PRIMARY KEY, agency text NOT NULL, state text NOT NULL);
CREATE TABLE cases (number text PRIMARY KEY, holder text NOT NULL, status text NOT NULL);
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    request uuid NOT NULL,
    signer text NOT NULL,
    document bytea NOT NULL
);
