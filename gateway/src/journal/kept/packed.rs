//! Content made small before it is sealed: what is encrypted cannot be compressed any more.
//!
//! Most of a statement is what every statement says, and most of a signed request is base64 of base64: a JWS (RFC 7515) carries its
//! signer's certificate in its header, and the certificate is kept beside it once more. So a JWS is taken apart into the bytes
//! that its base64 stands for, and what is left goes into an LZ4 block that begins behind [`USUAL`]: a third of what it was, in about
//! the time that encrypting the rest would take.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use lz4_flex::block::{compress_with_dict, decompress_with_dict};

use super::{LENGTH, append, take};

/// What statements and requests usually say: the text that a block refers back into. Behind any other a block opens as something else,
/// without an error: never to be changed, only to be followed by another form.
const USUAL: &[u8] = include_bytes!("usual.txt");
/// Most times that an LZ4 block is as long in clear: a byte of a length stands for 255 bytes.
const MOST_TIMES: usize = 255;
/// Shortest text between quotes that is tried as base64: far below a certificate, above names of algorithms and keys.
const SHORTEST: usize = 64;
/// Most of them that are kept as bytes.
const MOST_CUTS: usize = 16;

/// The parts in one block, behind how long they are together. `None` if they are too long for that.
pub(super) fn pack<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let body = body(parts)?;
    let length = u32::try_from(body.len()).ok()?;
    Some([length.to_be_bytes().as_slice(), &compress_with_dict(&body, USUAL)].concat())
}

/// The parts, as they were.
pub(super) fn read(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (length, block) = bytes.split_first_chunk::<LENGTH>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    if !is_possible(length, block) {
        return None;
    }
    let body = decompress_with_dict(block, length, USUAL).ok().filter(|body| body.len() == length)?;
    let (mut rest, mut parts) = (body.as_slice(), Vec::new());
    while let Some((count, behind)) = rest.split_first() {
        rest = behind;
        let mut pieces = Vec::new();
        for _ in 0..*count {
            pieces.push(take(&mut rest)?);
        }
        parts.push(together(&pieces)?);
    }
    Some(parts)
}

/// Whether a block can be that long in clear: as much memory as it says is asked for.
const fn is_possible(length: usize, block: &[u8]) -> bool {
    length <= block.len().saturating_mul(MOST_TIMES)
}

/// All parts one after another: for each how many pieces it has, and each of them behind its length.
fn body<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(4096);
    for part in parts {
        let pieces = apart(part).unwrap_or_else(|| vec![Cow::Borrowed(part)]);
        body.push(u8::try_from(pieces.len()).ok()?);
        for piece in pieces {
            append(&mut body, &piece)?;
        }
    }
    Some(body)
}

/// A JWS in its compact form (RFC 7515 section 7.1) as the pieces of its header, its payload and its signature; `None` if `part` is none.
/// Base64 is read in its one canonical form, so that the pieces stand for these bytes and no others.
fn apart(part: &[u8]) -> Option<Vec<Cow<'_, [u8]>>> {
    let mut segments = part.split(|byte| *byte == b'.').map(|segment| URL_SAFE_NO_PAD.decode(segment).ok());
    let (header, payload, signature) = (segments.next()??, segments.next()??, segments.next()??);
    if segments.next().is_some() {
        return None;
    }
    let pieces = cut(&header).into_iter().chain([payload, signature]);
    Some(pieces.map(Cow::Owned).collect())
}

/// A header as text, what a base64 text in it stands for, text, and so on.
fn cut(header: &[u8]) -> Vec<Vec<u8>> {
    let (mut pieces, mut text) = (Vec::new(), Vec::with_capacity(header.len()));
    for (number, string) in header.split(|byte| *byte == b'"').enumerate() {
        if number > 0 {
            text.push(b'"');
        }
        let is_tried = string.len() >= SHORTEST && pieces.len() < 2 * MOST_CUTS;
        match is_tried.then(|| STANDARD.decode(string)) {
            Some(Ok(bytes)) => pieces.extend([std::mem::take(&mut text), bytes]),
            _ => text.extend_from_slice(string),
        }
    }
    pieces.push(text);
    pieces
}

/// What was [`apart`].
fn together(pieces: &[&[u8]]) -> Option<Vec<u8>> {
    let (header, payload, signature) = match pieces {
        [whole] => return Some(whole.to_vec()),
        [header @ .., payload, signature] if header.len() % 2 == 1 => (header, payload, signature),
        _ => return None,
    };
    let texts = header.iter().enumerate().map(|(number, piece)| match number % 2 {
        0 => Cow::Borrowed(*piece),
        _ => Cow::Owned(STANDARD.encode(piece).into_bytes()),
    });
    let header = texts.collect::<Vec<_>>().concat();
    let segments = [header.as_slice(), payload, signature].map(|segment| URL_SAFE_NO_PAD.encode(segment));
    Some(segments.join(".").into_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// Bytes that nothing can make smaller.
    fn noise(length: usize) -> Vec<u8> {
        let digests = (0_u32..).flat_map(|number| Sha256::digest(number.to_be_bytes()));
        digests.take(length).collect()
    }

    fn jws(header: &str, payload: &[u8], signature: &[u8]) -> Vec<u8> {
        let segments = [header.as_bytes(), payload, signature].map(|segment| URL_SAFE_NO_PAD.encode(segment));
        segments.join(".").into_bytes()
    }

    fn signed(certificate: &[u8]) -> Vec<u8> {
        let header = format!(r#"{{"alg":"ES256","x5c":["{}"]}}"#, STANDARD.encode(certificate));
        jws(&header, br#"{"version":1,"registry":"population"}"#, &noise(64))
    }

    fn packed(parts: &[Vec<u8>]) -> Vec<u8> {
        pack(parts.iter().map(Vec::as_slice)).unwrap()
    }

    fn is_read_as_it_was(parts: &[Vec<u8>]) {
        assert_eq!(read(&packed(parts)).unwrap(), parts);
    }

    #[test]
    fn a_certificate_is_kept_once() {
        let certificate = noise(800);
        let signed = signed(&certificate);
        let alone = packed(std::slice::from_ref(&signed)).len();
        assert!(alone < 800 + 64 + 60, "{alone}");
        let both = packed(&[signed, certificate]).len();
        assert!(both < alone + 30, "{both}, and {alone} without the certificate beside it");
    }

    #[test]
    fn what_is_usual_takes_little_room() {
        let statement = &USUAL[USUAL.len() - 2_000..];
        let length = packed(&[statement.to_vec()]).len();
        assert!(length < 64, "{length}");
    }

    /// LZ4 looks back 64 KiB, and the library keeps its places in another table from there on.
    #[test]
    fn much_is_read_as_it_was() {
        let longest = 0xFFFF - USUAL.len();
        for length in [longest - 6, longest - 5, longest - 4, 0xFFFF, 0x1_0000, 300_000] {
            let usual = USUAL.iter().rev().chain(USUAL).cycle().skip(length % 97).copied();
            let mut part: Vec<u8> = USUAL.iter().copied().chain(usual).take(length - USUAL.len()).collect();
            part.extend_from_slice(USUAL);
            is_read_as_it_was(&[part.clone()]);
            part.splice(length / 2.., noise(length / 2));
            is_read_as_it_was(&[part, USUAL.to_vec()]);
        }
    }

    /// Whoever changes the text leaves every entry written with it unreadable.
    #[test]
    fn the_text_that_blocks_refer_to_stays_as_it_is() {
        assert_eq!(
            hex::encode(Sha256::digest(USUAL)),
            "2c5642c63e910a095fa6a34a8180961a529dc084ea52ae06518ee3a459e70005"
        );
    }

    /// One written by the first program that packed.
    #[test]
    fn a_block_of_before_is_read() {
        let statement = br#"{"version":1,"kind":"grant","request":{"id":"x"}}"#.to_vec();
        let written = hex::decode(concat!(
            "000001065701000000312b0b0fd5080f9c78227d7d0500000017b10b03800b5f0000003c07010028ba00000003",
            "225d7d00000025980006680508ea0f002900f03240df3f619804a92fdb4057192dc43dd748ea778adc52bc498c",
            "e80524c014b81119b40711a88c7039756fb8a73827eabe2c0fe5a0346ca7e0a104adc0fc764f528d",
        ))
        .unwrap();
        assert_eq!(read(&written).unwrap(), [statement, signed(&[7; 60])]);
    }

    #[test]
    fn only_a_jws_in_its_one_form_is_taken_apart() {
        let certificate = STANDARD.encode([7; 60]);
        let whole = signed(&[7; 60]);
        assert_eq!(apart(&whole).unwrap().len(), 5);
        let text = String::from_utf8(whole).unwrap();
        // 64 bytes leave four bits over, which have to be zeros.
        let mut bits_over = text.clone();
        bits_over.pop();
        bits_over.push('B');
        let others = [
            format!("{text}="),
            format!("{text}."),
            text.replacen('.', "", 1),
            text.replacen('e', "*", 1),
            bits_over,
            String::new(),
            certificate.clone(),
        ];
        for other in others {
            assert!(apart(other.as_bytes()).is_none(), "{other}");
        }
        // A text that is base64 in another spelling stays a text: bits left over, and no padding.
        let padded = STANDARD.encode([7; 61]);
        let spellings = [padded.replace("w==", "x=="), padded.replace("==", "")];
        let [bits, bare] = spellings.map(|text| jws(&format!(r#"["{text}"]"#), b"", b""));
        assert_eq!([&bits, &bare].map(|part| apart(part).unwrap().len()), [3, 3]);
        let many = jws(&format!(r#""{certificate}"#).repeat(40), b"1", b"2");
        assert_eq!(apart(&many).unwrap().len(), 2 * MOST_CUTS + 3);
        is_read_as_it_was(&[b"..".to_vec(), bits, bare, many]);
    }

    #[test]
    fn a_block_can_be_as_long_as_any_is() {
        // Nothing is longer in clear for its block than one byte over and over.
        is_read_as_it_was(&[vec![0; 1 << 20]]);
        assert!(is_possible(255, &[0]));
        assert!(!is_possible(256, &[0]));
        assert!(!is_possible(1, &[]));
    }

    /// What a JWS may look like, or almost.
    fn document() -> impl Strategy<Value = Vec<u8>> {
        let bytes = || proptest::collection::vec(any::<u8>(), 0..200);
        let header =
            (bytes(), "[ -~]{0,40}", "[A-Za-z0-9+/]{60,90}={0,2}").prop_map(|(bytes, text, almost)| {
                format!(r#"{text}"{}","{almost}""{text}"#, STANDARD.encode(bytes))
            });
        let almost = (header, bytes(), bytes())
            .prop_map(|(header, payload, signature)| jws(&header, &payload, &signature));
        let changed = (almost.clone(), any::<proptest::sample::Index>(), any::<u8>()).prop_map(
            |(mut jws, at, byte)| {
                let at = at.index(jws.len());
                jws[at] = byte;
                jws
            },
        );
        prop_oneof![bytes(), almost, changed]
    }

    proptest! {
        #[test]
        fn whatever_is_packed_is_read_as_it_was(parts in proptest::collection::vec(document(), 1..5)) {
            prop_assert_eq!(read(&packed(&parts)).unwrap(), parts);
        }

        #[test]
        fn nothing_but_a_whole_block_is_read(parts in proptest::collection::vec(document(), 1..4), cut in 1..40_usize) {
            let bytes = packed(&parts);
            prop_assert!(read(&bytes[..bytes.len().saturating_sub(cut)]).is_none());
        }

        #[test]
        fn what_a_spoilt_block_says_can_be_packed(
            parts in proptest::collection::vec(document(), 1..3), at in any::<proptest::sample::Index>(), byte in any::<u8>(),
        ) {
            let mut bytes = packed(&parts);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Some(parts) = read(&bytes) {
                prop_assert_eq!(read(&packed(&parts)).unwrap(), parts);
            }
        }

        #[test]
        fn noise_is_read_as_something_or_nothing(length in 0..4000_u32, noise in proptest::collection::vec(any::<u8>(), 16..300)) {
            let bytes = [length.to_be_bytes().as_slice(), &noise].concat();
            if let Some(parts) = read(&bytes) {
                prop_assert_eq!(read(&packed(&parts)).unwrap(), parts);
            }
        }
    }
}
