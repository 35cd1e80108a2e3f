//! The tamperings, one by one.

/// What is done, by whom nothing stops, and words of what must be said. `{g0}` and the like are indexes of entries: two grants with
/// their answers (`a0`, `a1`), a refusal `r`, a grant that failed `f`, a refusal without a readable id `m`, and the next free one `n`.
pub(super) const TAMPERINGS: &[(&str, &str, &str)] = &[
    (
        "a leaf is another's",
        "UPDATE entries SET leaf = (SELECT leaf FROM entries WHERE idx = {a1}) WHERE idx = {a0}",
        "entry {a0}",
    ),
    (
        "contents are changed",
        "UPDATE entries SET content = (SELECT content FROM entries WHERE idx = {g1}) WHERE idx = {g0}",
        "the stored content of entry {g0} is not what was logged",
    ),
    (
        "a kind is changed",
        "UPDATE entries SET kind = 'act' WHERE idx = {r}",
        "entry {r}: it is stored as act, the log says refusal",
    ),
    (
        "a time is changed",
        "UPDATE entries SET at = at - 86400000 WHERE idx = {r}",
        "entry {r}: it is stored as of",
    ),
    (
        "a code is changed",
        "UPDATE entries SET code = 'case-not-open' WHERE idx = {r}",
        "entry {r}: it is stored with the code case-not-open, the log says case-not-found",
    ),
    (
        "a code is added",
        "UPDATE entries SET code = 'interrupted' WHERE idx = {a0}",
        "entry {a0}: it is stored with the code interrupted, the log says none",
    ),
    (
        "a request's id is changed",
        "UPDATE entries SET request = (SELECT request FROM entries WHERE idx = {g1}) WHERE idx = {g0}",
        "entry {g0}: it is stored with another request id",
    ),
    (
        "an answer's id is changed",
        "UPDATE entries SET request = (SELECT request FROM entries WHERE idx = {g1}) WHERE idx = {a0}",
        "entry {a0}: it is stored with another request",
    ),
    (
        "an id is removed",
        "UPDATE entries SET request = NULL WHERE idx = {r}",
        "entry {r}: it is stored without its request id",
    ),
    (
        "an agency is changed",
        "UPDATE entries SET agency = '000000000000' WHERE idx = {g0}",
        "entry {g0}: it is stored with another agency",
    ),
    (
        "the agency of a refusal is changed",
        "UPDATE entries SET agency = '000000000000' WHERE idx = {m}",
        "entry {m}: it is stored under another case, agency or day",
    ),
    ("an agency is none", "UPDATE entries SET agency = 'x' WHERE idx = {g0}", "entry {g0} cannot be read"),
    (
        "an outcome loses its grant",
        "UPDATE entries SET grant_idx = NULL WHERE idx = {a0}",
        "entry {a0}: it is stored as the outcome of another grant",
    ),
    (
        "a case is taken away",
        "UPDATE entries SET case_ref = NULL WHERE idx = {r}",
        "entry {r}: the log and its row differ on whether it has content",
    ),
    (
        "a case is another",
        "UPDATE entries SET case_ref = (SELECT case_ref FROM entries WHERE idx = {m}) WHERE idx = {g0}",
        "entry {g0}: its content does not open",
    ),
    ("the last entry is removed", "DELETE FROM entries WHERE idx = {n} - 1", "the log signed {n} entries"),
    ("the first entry is removed", "DELETE FROM entries WHERE idx = 0", "entry 0 is missing"),
    (
        "two entries are swapped",
        "UPDATE entries SET idx = {n} + 1 WHERE idx = {g0}; UPDATE entries SET idx = {g0} WHERE idx = {g1}; UPDATE entries SET idx = {g1} WHERE idx = {n} + 1",
        "is not the hash of what it stands for",
    ),
    (
        "an entry is replayed",
        "INSERT INTO entries (origin, idx, kind, at, request, agency, code, grant_idx, leaf, content, case_ref) SELECT origin, {n}, kind, at, request, agency, code, NULL, leaf, content, case_ref FROM entries WHERE idx = {r}",
        "entries are stored, the head says {n}",
    ),
    (
        "a node is changed",
        "UPDATE log_nodes SET hashes = (SELECT substr(hashes, 1, 32) FROM log_nodes WHERE idx = 1) WHERE idx = 0",
        "node 0, completed by entry 0, is not the hash of what it stands for",
    ),
    (
        "a run of nodes is removed",
        "DELETE FROM log_nodes WHERE idx = 1",
        "node 2, completed by entry 1, is missing",
    ),
    (
        "a node is removed",
        "UPDATE log_nodes SET hashes = substr(hashes, 1, 32) WHERE idx = 1",
        "node 2, completed by entry 1, is missing",
    ),
    (
        "a node stands twice",
        "INSERT INTO log_nodes (origin, idx, hashes) SELECT origin, 2, hashes FROM log_nodes WHERE idx = 0",
        "nodes are stored, a log of {n} entries has",
    ),
    (
        "a node is added",
        "INSERT INTO log_nodes (origin, idx, hashes) SELECT origin, 5000, hashes FROM log_nodes WHERE idx = 0",
        "nodes are stored, a log of {n} entries has",
    ),
    (
        "the head has another root",
        "UPDATE log_heads SET root = (SELECT substr(hashes, 1, 32) FROM log_nodes WHERE idx = 0)",
        "the head is stored with another size or root",
    ),
    (
        "the head has another size",
        "UPDATE log_heads SET size = size - 1",
        "the head is stored with another size or root",
    ),
    ("the head is removed", "DELETE FROM log_heads", "entries are stored, the head says 0"),
    (
        "the checkpoint is not signed",
        "UPDATE log_heads SET checkpoint = replace(checkpoint, 'negiz.demo/a ', 'negiz.demo/a x')",
        "the checkpoint of the head cannot be read",
    ),
    (
        "the cosigned checkpoint is removed",
        "DELETE FROM log_cosigned",
        "no checkpoint that they cosigned is stored",
    ),
    (
        "the cosignatures are removed",
        "UPDATE log_cosigned SET checkpoint = (SELECT checkpoint FROM log_heads)",
        "the checkpoint stored as cosigned is not",
    ),
    (
        "a claim is removed",
        "DELETE FROM claims WHERE request = (SELECT request FROM entries WHERE idx = {g0})",
        "entry {g0}: the claim to its request id is missing",
    ),
    (
        "a claim is another's",
        "UPDATE claims SET signer = (SELECT substr(hashes, 1, 32) FROM log_nodes WHERE idx = 0) WHERE request = (SELECT request FROM entries WHERE idx = {g0})",
        "entry {g0}: the claim to its request id is missing",
    ),
    (
        "a claim is added",
        "INSERT INTO claims (request, signer) SELECT request, (SELECT substr(hashes, 1, 32) FROM log_nodes WHERE idx = 0) FROM entries WHERE idx = {g0}",
        "request ids are claimed by",
    ),
    (
        "a document is changed",
        "UPDATE documents SET bytes = digest WHERE digest = (SELECT digest FROM documents ORDER BY digest LIMIT 1)",
        "is not what was kept under this digest",
    ),
    ("documents are removed", "DELETE FROM documents", "that it relies on is missing"),
    (
        "a case's key is removed",
        "DELETE FROM case_keys WHERE case_ref = (SELECT case_ref FROM entries WHERE idx = {g0})",
        "entry {g0}: the key of its case is gone",
    ),
    (
        "a case's key is another's",
        "UPDATE case_keys SET wrapped = (SELECT wrapped FROM case_keys WHERE case_ref = (SELECT case_ref FROM entries WHERE idx = {m})) WHERE case_ref = (SELECT case_ref FROM entries WHERE idx = {g0})",
        "entry {g0}: the key of its case is not one of this deployment",
    ),
    (
        "a case's key is destroyed in silence",
        "UPDATE case_keys SET wrapped = NULL, destroyed_at = made_at WHERE case_ref = (SELECT case_ref FROM entries WHERE idx = {g0})",
        "entry {g0}: its key was destroyed, and no entry of the log says so",
    ),
    (
        "a time-stamp is none",
        "UPDATE log_stamps SET token = (SELECT substr(hashes, 1, 32) FROM log_nodes WHERE idx = 0)",
        "the time-stamp on the head of",
    ),
    (
        "a time-stamped head has another root",
        "UPDATE log_stamps SET root = (SELECT substr(hashes, 1, 32) FROM log_nodes WHERE idx = 0)",
        "entries is stored with another size or root than its checkpoint states",
    ),
    (
        "a time-stamp is on the checkpoint of another log",
        "UPDATE log_stamps SET checkpoint = replace(checkpoint, 'negiz.demo/a', 'negiz.demo/b')",
        "the time-stamp on the head of",
    ),
    (
        "what a time-stamp relied on is left out",
        "UPDATE log_stamps SET relied_on = '[]'",
        "the time-stamp on the head of",
    ),
];
