//! The container: what any ZIP reader opens, and nothing that two readers could see differently.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use evidence::archive::{Archive, ArchiveRefused, MAX_ARCHIVE};
use proptest::prelude::*;

fn archive() -> Archive {
    let mut archive = Archive::new();
    for (name, content) in [("log/0", "first"), ("mimetype", "a/b"), ("empty", "")] {
        archive.put(name, content.as_bytes().to_vec()).unwrap();
    }
    archive
}

fn bytes() -> Vec<u8> {
    archive().to_bytes("mimetype").unwrap()
}

fn replaced(find: &[u8], with: &[u8], nth: usize) -> Vec<u8> {
    let mut bytes = bytes();
    let at = bytes.windows(find.len()).enumerate().filter(|(_, w)| *w == find).nth(nth).unwrap().0;
    bytes[at..at + with.len()].copy_from_slice(with);
    bytes
}

#[test]
fn reads_back_what_was_put_in_with_the_named_file_first() {
    assert_eq!(Archive::from_bytes(&bytes()), Ok(archive()));
    assert_eq!(&bytes()[30..41], b"mimetypea/b");
    assert_eq!(archive().names().collect::<Vec<_>>(), ["empty", "log/0", "mimetype"]);
    assert_eq!(Archive::from_bytes(&Archive::new().to_bytes("").unwrap()), Ok(Archive::new()));
}

#[test]
fn the_same_files_make_the_same_bytes() {
    assert_eq!(bytes(), bytes());
}

#[test]
fn refuses_names_that_lead_elsewhere() {
    for name in
        ["", "/etc", "../x", "a/../b", "a//b", "a/", ".x", "a\\b", "a b", "ы", "a\0", &"a".repeat(201)]
    {
        assert_eq!(Archive::new().put(name, vec![]), Err(ArchiveRefused::Name), "{name:?}");
    }
    let escaping = replaced(b"log/0", b"../00", 1);
    assert_eq!(Archive::from_bytes(&escaping), Err(ArchiveRefused::Name));
}

#[test]
fn refuses_one_name_for_two_files() {
    let mut twice = archive();
    assert_eq!(twice.put("empty", vec![]), Ok(()));
    assert_eq!(twice.put("empty", vec![1]), Err(ArchiveRefused::Repeated("empty".to_owned())));
    let mut two = Archive::new();
    two.put("aa", vec![]).unwrap();
    two.put("ab", vec![]).unwrap();
    let mut forged = two.to_bytes("").unwrap();
    let names: Vec<_> = (0..forged.len() - 1).filter(|at| forged[*at..].starts_with(b"ab")).collect();
    assert_eq!(names.len(), 2, "the local header and the directory");
    names.iter().for_each(|at| forged[at + 1] = b'a');
    assert_eq!(Archive::from_bytes(&forged), Err(ArchiveRefused::Repeated("aa".to_owned())));
}

#[test]
fn refuses_an_archive_that_tells_two_things() {
    assert_eq!(
        Archive::from_bytes(&replaced(b"log/0", b"log/1", 0)),
        Err(ArchiveRefused::Contradiction("log/0".to_owned()))
    );
    assert_eq!(
        Archive::from_bytes(&replaced(b"first", b"f1rst", 0)),
        Err(ArchiveRefused::Checksum("log/0".to_owned()))
    );
}

#[test]
fn refuses_bytes_before_between_and_after() {
    let bytes = bytes();
    let mut after = bytes.clone();
    after.push(0);
    let before = [b"MZ".as_slice(), &bytes].concat();
    for bad in [after, before, bytes[..bytes.len() - 1].to_vec(), vec![], b"PK".to_vec()] {
        assert!(Archive::from_bytes(&bad).is_err());
    }
    assert_eq!(Archive::from_bytes(&vec![0; MAX_ARCHIVE + 1]), Err(ArchiveRefused::TooLarge));
}

proptest! {
    #[test]
    fn every_byte_counts(at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let mut changed = bytes();
        let at = at.index(changed.len());
        changed[at] ^= flip;
        prop_assert!(Archive::from_bytes(&changed).is_err());
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Archive::from_bytes(&bytes);
    }
}
