//! Leaves: one spelling, nothing personal, nothing that could be read in two ways.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use evidence::leaf::{Act, ActKind, Answer, Content, Event, Failure, Grant, Kind, Leaf, Refusal};
use evidence::leaf_bytes::{LeafMalformed, MAX_LEAF, VERSION};
use evidence::{Commitment, Digest, UnixMillis};
use proptest::option;
use proptest::prelude::*;

fn commitment() -> impl Strategy<Value = Commitment> {
    any::<[u8; 32]>().prop_map(Commitment::from_bytes)
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::from_bytes)
}

fn code() -> impl Strategy<Value = evidence::Code> {
    "[a-z][a-z0-9-]{0,63}".prop_map(|text| text.parse().unwrap())
}

prop_compose! {
    fn content()(commitment in commitment(), sealed in option::of(digest())) -> Content {
        Content { commitment, sealed }
    }
}

prop_compose! {
    fn grant()(request in commitment(), signer in commitment(), case in option::of(commitment()), policy in digest(),
        content in content()) -> Event {
        Event::Grant(Grant { request, signer, case, policy, content })
    }
}

prop_compose! {
    fn answer()(grant in any::<u64>(), request in commitment(), answer in commitment(),
        content in option::of(content())) -> Event {
        Event::Answer(Answer { grant, request, answer, content })
    }
}

prop_compose! {
    fn refusal()(request in commitment(), code in code(), signer in option::of(commitment()),
        case in option::of(commitment()), policy in option::of(digest()), content in option::of(content())) -> Event {
        Event::Refusal(Refusal { request, code, signer, case, policy, content })
    }
}

prop_compose! {
    fn failure()(grant in any::<u64>(), request in commitment(), code in code(), content in option::of(content()),
        interrupted in any::<bool>()) -> Event {
        let failure = Failure { grant, request, code, content };
        if interrupted { Event::Interrupted(failure) } else { Event::Failure(failure) }
    }
}

prop_compose! {
    fn act()(kind in prop::sample::select(vec![ActKind::Admin, ActKind::Reading, ActKind::Destruction, ActKind::Notice,
        ActKind::Sanction, ActKind::Resolution, ActKind::Policy]), code in code(), actor in option::of(commitment()),
        case in option::of(commitment()), policy in option::of(digest()), content in content()) -> Event {
        Event::Act(Act { kind, code, actor, case, policy, content })
    }
}

prop_compose! {
    fn leaf()(time in any::<u64>(), event in prop_oneof![grant(), answer(), refusal(), failure(), act()]) -> Leaf {
        Leaf { time: UnixMillis::new(time), event }
    }
}

proptest! {
    #[test]
    fn every_leaf_reads_back_as_itself(leaf in leaf()) {
        let bytes = leaf.to_bytes();
        prop_assert!(bytes.len() <= MAX_LEAF);
        prop_assert_eq!(Leaf::from_bytes(&bytes), Ok(leaf));
    }

    #[test]
    fn a_leaf_has_one_spelling(leaf in leaf(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let mut bytes = leaf.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(other) = Leaf::from_bytes(&bytes) {
            prop_assert_eq!(other.to_bytes(), bytes);
            prop_assert_ne!(other, leaf);
        }
    }

    #[test]
    fn a_cut_or_lengthened_leaf_is_refused(leaf in leaf(), cut in any::<prop::sample::Index>(), extra in any::<u8>()) {
        let bytes = leaf.to_bytes();
        if let Ok(shorter) = Leaf::from_bytes(&bytes[..cut.index(bytes.len())]) {
            // Only whole optional fields at the end may be missing.
            prop_assert_ne!(shorter, leaf);
        }
        let mut longer = bytes;
        longer.push(extra);
        prop_assert!(Leaf::from_bytes(&longer).is_err());
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        if let Ok(leaf) = Leaf::from_bytes(&bytes) {
            prop_assert_eq!(leaf.to_bytes(), bytes);
        }
    }
}

fn answered() -> Leaf {
    let event = Event::Answer(Answer {
        grant: 7,
        request: Commitment::from_bytes([1; 32]),
        answer: Commitment::from_bytes([2; 32]),
        content: None,
    });
    Leaf { time: UnixMillis::new(1_795_342_500_123), event }
}

#[test]
fn the_bytes_are_those_of_the_specification() {
    // docs/evidence/leaf.md, example.
    let expected = format!(
        "0102000001a202c0811b010020{}020020{}0a00080000000000000007",
        "01".repeat(32),
        "02".repeat(32)
    );
    assert_eq!(hex::encode(answered().to_bytes()), expected);
}

#[test]
fn refuses_what_a_kind_does_not_have() {
    let mut bytes = answered().to_bytes();
    bytes[0] = VERSION + 1;
    assert_eq!(Leaf::from_bytes(&bytes), Err(LeafMalformed::Version(2)));
    let mut bytes = answered().to_bytes();
    bytes[1] = 99;
    assert_eq!(Leaf::from_bytes(&bytes), Err(LeafMalformed::Kind(99)));
    bytes[1] = Kind::Failure.number();
    assert_eq!(Leaf::from_bytes(&bytes), Err(LeafMalformed::Missing(Kind::Failure, 9)));
    let mut bytes = answered().to_bytes();
    bytes.extend_from_slice(&[11, 0, 0]);
    assert_eq!(Leaf::from_bytes(&bytes), Err(LeafMalformed::Unexpected(Kind::Answer, 11)));
    let mut bytes = answered().to_bytes();
    bytes.extend_from_slice(&[10, 0, 0]);
    assert_eq!(Leaf::from_bytes(&bytes), Err(LeafMalformed::Order(10, 10)));
    assert_eq!(Leaf::from_bytes(&vec![0; MAX_LEAF + 1]), Err(LeafMalformed::TooLong(MAX_LEAF + 1)));
}

#[test]
fn a_sealed_digest_needs_content() {
    // Tag 7 without tag 6: nothing to seal.
    let mut bytes = answered().to_bytes();
    let tail = bytes.split_off(bytes.len() - 11);
    bytes.extend_from_slice(&[7, 0, 32]);
    bytes.extend_from_slice(&[0; 32]);
    bytes.extend_from_slice(&tail);
    assert_eq!(Leaf::from_bytes(&bytes), Err(LeafMalformed::Unexpected(Kind::Answer, 7)));
}
