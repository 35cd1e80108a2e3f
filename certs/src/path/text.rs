//! Character strings of ASN.1, and their preparation for comparison.

use super::Malformed;
use super::cursor::tag;

/// The text of a character string type; `None` for other types and for Teletex text beyond ASCII, which has no single meaning.
///
/// # Errors
/// [`Malformed::Text`] if the octets are none of that type.
pub(crate) fn decode(tag: u8, value: &[u8]) -> Result<Option<String>, Malformed> {
    match tag {
        tag::UTF8_STRING => {
            core::str::from_utf8(value).map(|text| Some(text.to_owned())).map_err(|_| Malformed::Text)
        }
        tag::PRINTABLE_STRING | tag::NUMERIC_STRING | tag::IA5_STRING | tag::VISIBLE_STRING => {
            ascii(value).map(Some)
        }
        tag::TELETEX_STRING => Ok(ascii(value).ok()),
        tag::BMP_STRING => wide::<2>(value).map(Some),
        tag::UNIVERSAL_STRING => wide::<4>(value).map(Some),
        _ => Ok(None),
    }
}

/// IA5 text, such as a mail address or a URI.
pub(crate) fn ascii(value: &[u8]) -> Result<String, Malformed> {
    if value.is_ascii() {
        String::from_utf8(value.to_vec()).map_err(|_| Malformed::Text)
    } else {
        Err(Malformed::Text)
    }
}

fn wide<const WIDTH: usize>(value: &[u8]) -> Result<String, Malformed> {
    if !value.len().is_multiple_of(WIDTH) {
        return Err(Malformed::Text);
    }
    value
        .chunks(WIDTH)
        .map(|unit| {
            char::from_u32(unit.iter().fold(0, |sum, octet| (sum << 8) | u32::from(*octet)))
                .ok_or(Malformed::Text)
        })
        .collect()
}

/// RFC 4518 §2 by way of X.520 §7: mapping, normalisation form KC, case folding, prohibition, then insignificant spaces (RFC 5280 §7.1:
/// leading and trailing ones go, inner runs become one). `None` if the text has prohibited characters: it then equals only itself.
pub(crate) fn prepare(text: &str) -> Option<String> {
    let folded = if text.chars().all(is_plain) { text.to_lowercase() } else { prepare_any(text)? };
    let mut prepared = String::with_capacity(folded.len());
    for word in folded.split(' ').filter(|word| !word.is_empty()) {
        if !prepared.is_empty() {
            prepared.push(' ');
        }
        prepared.push_str(word);
    }
    Some(prepared)
}

/// Characters whose preparation is their lower case: what names in this country are written with. Every certificate on the hot path has a
/// dozen such texts, and the tables of all of Unicode cost more than its signature.
fn is_plain(character: char) -> bool {
    matches!(character, ' '..='~' | '«' | '»' | '\u{0400}'..='\u{0482}' | '\u{048a}'..='\u{04bf}')
}

fn prepare_any(text: &str) -> Option<String> {
    // The crate folds case or normalises, never both; RFC 4518 §2.2 folds first.
    let folded = stringprep::x520prep(text, true).ok()?;
    Some(stringprep::x520prep(&folded, false).ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_octets_outside_of_the_type() {
        assert_eq!(decode(tag::UTF8_STRING, &[0xff]), Err(Malformed::Text));
        assert_eq!(decode(tag::PRINTABLE_STRING, &[0xc3, 0xa9]), Err(Malformed::Text));
        assert_eq!(decode(tag::BMP_STRING, &[0x00]), Err(Malformed::Text));
        assert_eq!(decode(tag::TELETEX_STRING, &[0xe9]), Ok(None));
    }

    #[test]
    fn plain_characters_are_prepared_as_by_the_tables() {
        for character in (' '..='\u{ffff}').filter(|character| is_plain(*character)) {
            let text = character.to_string();
            assert_eq!(Some(text.to_lowercase()), prepare_any(&text), "{character:?}");
        }
    }

    #[test]
    fn preparation_keeps_words_apart() {
        assert_eq!(prepare("  A  b ").as_deref(), Some("a b"));
        assert_eq!(prepare("Ａ\u{00ad}b").as_deref(), Some("ab"));
    }
}
