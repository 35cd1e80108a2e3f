//! Checkpoints, keys and cosignatures after the C2SP texts, with the examples in them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use evidence::checkpoint::{CheckpointMalformed, CheckpointRefused};
use evidence::key::{KeyMalformed, SignatureType};
use evidence::log_signer::{NoteSigner, SignerRefused};
use evidence::quorum::{QuorumMissing, QuorumRefused};
use evidence::witness::{AddCheckpoint, add_checkpoint};
use evidence::{Checkpoint, Cosigner, Head, LogSigner, NodeHash, Quorum, VerifierKey};

/// The verifier key in the C2SP signed-note text.
const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

/// The checkpoint in the C2SP tlog-cosignature text.
const COSIGNED: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

fn signer(origin: &str, seed: u8) -> LogSigner {
    LogSigner::from_seed(origin, &[seed; 32]).unwrap()
}

fn head(size: u64) -> Head {
    Head { size, root: NodeHash::of_leaf(&size.to_be_bytes()) }
}

fn cosigned(checkpoint: &Checkpoint, witness: &Cosigner, log: &LogSigner, time: u64) -> Checkpoint {
    let request = AddCheckpoint {
        old: 0,
        proof: vec![],
        checkpoint: Checkpoint::parse(&checkpoint.to_string()).unwrap(),
    };
    add_checkpoint(&request, witness, &[log.verifier().clone()], &Head::EMPTY, time).unwrap().checkpoint
}

#[test]
fn a_verifier_key_has_the_id_of_its_name_and_key() {
    let key: VerifierKey = VKEY.parse().unwrap();
    assert_eq!((key.name(), key.id(), key.kind()), ("example.com/foo", 0x530d_903a, SignatureType::Ed25519));
    assert_eq!(key.to_string(), VKEY);
    let renamed = VKEY.replace("/foo", "/bar").parse::<VerifierKey>();
    assert!(matches!(renamed, Err(KeyMalformed::Id { stated: 0x530d_903a, .. })));
    assert_eq!("example.com/foo+530d903a".parse::<VerifierKey>(), Err(KeyMalformed::Form));
    assert_eq!(VKEY.replace("530d903a", "530D903A").parse::<VerifierKey>(), Err(KeyMalformed::Form));
    assert_eq!(VKEY.replace("+A", "+B").parse::<VerifierKey>(), Err(KeyMalformed::Type(5)));
}

#[test]
fn reads_the_checkpoint_of_the_specification() {
    let checkpoint = Checkpoint::parse(COSIGNED).unwrap();
    assert_eq!(checkpoint.origin(), "example.com/behind-the-sofa");
    assert_eq!(checkpoint.stated().size, 20_852_163);
    assert_eq!(checkpoint.stated().root.to_string(), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
    assert_eq!(checkpoint.to_string(), COSIGNED);
}

#[test]
fn signs_what_the_specification_says() {
    let log = signer("example.com/log", 1);
    let checkpoint = log.sign(&head(7)).unwrap();
    let text = checkpoint.to_string();
    let (body, signature) = text.split_once("\n\n").unwrap();
    assert_eq!(body, format!("example.com/log\n7\n{}", head(7).root));
    assert!(signature.starts_with("— example.com/log "));
    let read = Checkpoint::parse(&text).unwrap();
    assert_eq!(*read.verify(&[log.verifier().clone()]).unwrap().head(), head(7));
}

#[test]
fn an_independent_implementation_verifies_the_signature() {
    use ed25519_dalek::{Signature, SigningKey};
    let log = signer("example.com/log", 1);
    let key = SigningKey::from_bytes(&[1; 32]).verifying_key();
    assert_eq!(log.verifier().bytes(), key.as_bytes());
    let text = log.sign(&head(7)).unwrap().to_string();
    let note = signed_note::Note::from_bytes(text.as_bytes()).unwrap();
    let standard = signed_note::StandardVerifier::new(&log.verifier().to_string()).unwrap();
    let (verified, _) = note.verify(&signed_note::VerifierList::new(vec![Box::new(standard)])).unwrap();
    let signature = Signature::from_slice(verified[0].signature()).unwrap();
    key.verify_strict(note.text(), &signature).unwrap();
}

#[test]
fn a_key_of_another_log_proves_nothing() {
    let (log, other) = (signer("example.com/log", 1), signer("example.com/other", 1));
    let checkpoint = log.sign(&head(7)).unwrap();
    let unknown = CheckpointRefused::UnknownOrigin("example.com/log".to_owned());
    assert_eq!(checkpoint.verify(&[other.verifier().clone()]), Err(unknown));
    let impostor = signer("example.com/log", 2);
    let unsigned = CheckpointRefused::Unsigned("example.com/log".to_owned());
    assert_eq!(checkpoint.verify(&[impostor.verifier().clone()]), Err(unsigned));
}

#[test]
fn any_change_to_the_text_spoils_the_signature() {
    let log = signer("example.com/log", 1);
    let text = log.sign(&head(7)).unwrap().to_string();
    for changed in [text.replace("\n7\n", "\n8\n"), text.replacen("=\n\n", "=\nextension\n\n", 1)] {
        let refused = Checkpoint::parse(&changed).unwrap().verify(&[log.verifier().clone()]).unwrap_err();
        assert!(matches!(refused, CheckpointRefused::Signature { .. }), "{refused}");
    }
}

#[test]
fn refuses_other_spellings_of_a_checkpoint() {
    let text = signer("example.com/log", 1).sign(&head(7)).unwrap().to_string();
    let root = head(7).root.to_string();
    for (changed, why) in [
        (text.replace("\n7\n", "\n07\n"), CheckpointMalformed::Size),
        (text.replace("\n7\n", "\n+7\n"), CheckpointMalformed::Size),
        (text.replace("\n7\n", "\n281474976710657\n"), CheckpointMalformed::Size),
        (text.replace(&root, root.trim_end_matches('=')), CheckpointMalformed::Root),
        (text.replace("example.com/log\n7", "example.com/l og\n7"), CheckpointMalformed::Origin),
        (text.replacen("example.com/log\n", "\n", 1), CheckpointMalformed::Lines),
        (text.replace("\n7\n", "\n7\r\n"), CheckpointMalformed::Note),
        (text.replacen("\n\n", "\n", 1), CheckpointMalformed::Note),
        (text.trim_end().to_owned(), CheckpointMalformed::Note),
        (format!("{text}\n"), CheckpointMalformed::Note),
    ] {
        assert_eq!(Checkpoint::parse(&changed), Err(why), "{changed}");
    }
}

#[test]
fn two_of_three_witnesses_make_a_quorum() {
    let log = signer("example.com/log", 1);
    let witnesses: Vec<_> =
        (2..5).map(|n| Cosigner::from_seed(&format!("witness.example/w{n}"), &[n; 32]).unwrap()).collect();
    let keys: Vec<_> = witnesses.iter().map(|w| w.verifier().clone()).collect();
    let quorum = Quorum::new(2, keys).unwrap();
    let bare = log.sign(&head(7)).unwrap();
    assert_eq!(quorum.verify(&bare), Err(QuorumMissing::TooFew { found: 0, needed: 2 }));
    let one = cosigned(&bare, &witnesses[0], &log, 1_700_000_000);
    assert_eq!(quorum.verify(&one), Err(QuorumMissing::TooFew { found: 1, needed: 2 }));
    let line = cosigned(&bare, &witnesses[0], &log, 1_700_000_001).to_string();
    let again = one.with_signatures(&format!("{}\n", line.lines().last().unwrap())).unwrap();
    assert_eq!(quorum.verify(&again), Err(QuorumMissing::TooFew { found: 1, needed: 2 }));
    let line = cosigned(&bare, &witnesses[2], &log, 1_700_000_002).to_string();
    let two = one.with_signatures(&format!("{}\n", line.lines().last().unwrap())).unwrap();
    let found = quorum.verify(&two).unwrap();
    assert_eq!(found.iter().map(|c| c.time).collect::<Vec<_>>(), [1_700_000_000, 1_700_000_002]);
    assert_eq!(two.verify(&[log.verifier().clone()]).unwrap().head().size, 7);
}

#[test]
fn a_cosignature_for_another_head_or_time_is_not_one() {
    let log = signer("example.com/log", 1);
    let witness = Cosigner::from_seed("witness.example/w", &[2; 32]).unwrap();
    let quorum = Quorum::new(1, vec![witness.verifier().clone()]).unwrap();
    let line = |size| {
        let text = cosigned(&log.sign(&head(size)).unwrap(), &witness, &log, 1_700_000_000).to_string();
        text.lines().last().unwrap().to_owned() + "\n"
    };
    let moved = log.sign(&head(8)).unwrap().with_signatures(&line(7)).unwrap();
    assert!(matches!(quorum.verify(&moved), Err(QuorumMissing::Cosignature(_))));
    assert!(quorum.verify(&log.sign(&head(7)).unwrap().with_signatures(&line(7)).unwrap()).is_ok());
}

#[test]
fn no_witness_is_counted_twice() {
    let key = |name: &str| Cosigner::from_seed(name, &[2; 32]).unwrap().verifier().clone();
    let twice = Quorum::new(2, vec![key("witness.example/a"), key("witness.example/b")]);
    assert_eq!(twice, Err(QuorumRefused::Repeated("witness.example/b".to_owned())));
    let unreachable = Quorum::new(2, vec![key("witness.example/a")]);
    assert_eq!(unreachable, Err(QuorumRefused::Unreachable { needed: 2, known: 1 }));
    let log = signer("example.com/log", 1).verifier().clone();
    assert_eq!(Quorum::new(1, vec![log.clone()]), Err(QuorumRefused::NotWitness(log.to_string())));
}

#[test]
fn while_a_logs_key_is_changed_either_key_verifies() {
    let (old, new) = (signer("log.test/a", 1), signer("log.test/a", 2));
    let previous = NoteSigner::from_seed("log.test/a", SignatureType::Ed25519, &[1; 32]).unwrap();
    let both = signer("log.test/a", 2).overlapping(previous).unwrap();
    let text = both.sign(&head(7)).unwrap().to_string();
    assert_eq!(text.lines().filter(|line| line.starts_with("\u{2014} log.test/a ")).count(), 2);
    let read = Checkpoint::parse(&text).unwrap();
    for keys in [vec![old.verifier().clone()], vec![new.verifier().clone()], both.known().to_vec()] {
        assert_eq!(read.verify(&keys).unwrap().head(), &head(7));
    }
    let stranger = signer("log.test/a", 3);
    assert!(read.verify(std::slice::from_ref(stranger.verifier())).is_err());
    // A line that names a known key and does not verify spoils the note, whatever the other says (C2SP signed-note).
    let other = both.sign(&head(8)).unwrap().to_string();
    let forged = text.replacen(text.lines().last().unwrap(), other.lines().last().unwrap(), 1);
    let forged = Checkpoint::parse(&forged).unwrap();
    assert!(forged.verify(both.known()).is_err());
    assert!(forged.verify(std::slice::from_ref(new.verifier())).is_ok());
}

#[test]
fn a_log_succeeds_to_no_other_key_than_its_own() {
    let note = |origin: &str, kind, seed| NoteSigner::from_seed(origin, kind, &[seed; 32]).unwrap();
    let refused = |note| signer("log.test/a", 2).overlapping(note).unwrap_err();
    assert!(matches!(refused(note("log.test/a", SignatureType::Ed25519, 2)), SignerRefused::Same(_)));
    assert!(matches!(refused(note("log.test/b", SignatureType::Ed25519, 1)), SignerRefused::Origin { .. }));
    assert!(matches!(refused(note("log.test/a", SignatureType::Cosignature, 1)), SignerRefused::Purpose(_)));
    let heir = signer("log.test/a", 2).succeeding(signer("log.test/a", 1).verifier()).unwrap();
    assert_eq!(heir.known().len(), 2);
    // What is retired signs no more.
    let fresh = heir.sign(&head(7)).unwrap();
    assert!(fresh.verify(std::slice::from_ref(signer("log.test/a", 1).verifier())).is_err());
}

#[test]
fn no_private_key_is_printed() {
    let log = signer("example.com/log", 7);
    assert_eq!(format!("{log:?}"), format!("LogSigner(NoteSigner({}))", log.verifier()));
}
