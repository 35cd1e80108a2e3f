use const_oid::ObjectIdentifier;

use super::cursor::{Cursor, tag};
use super::{Malformed, text};

/// Short names of attributes (RFC 4514 §3, and what OpenSSL adds).
const SHORT: [(&str, &str); 11] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.42", "GN"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("0.9.2342.19200300.100.1.25", "DC"),
];

/// A distinguished name in its own order, relative names joined by commas.
pub(super) fn name(der: &[u8]) -> String {
    let mut parts = Vec::new();
    match attributes(der, &mut parts) {
        Ok(()) => parts.join(", "),
        Err(_) => "a name that cannot be read".to_owned(),
    }
}

fn attributes(der: &[u8], parts: &mut Vec<String>) -> Result<(), Malformed> {
    let mut sequence = Cursor::new(Cursor::only(der, tag::SEQUENCE)?);
    while !sequence.is_empty() {
        let mut set = sequence.enter(tag::SET)?;
        while !set.is_empty() {
            let mut attribute = set.sequence()?;
            let kind = attribute.oid()?;
            let value = attribute.next()?;
            let written = match text::decode(value.tag, value.value)? {
                Some(text) => escaped(&text),
                None => hexadecimal(value.raw),
            };
            parts.push(format!("{}={written}", short(&kind)));
        }
    }
    Ok(())
}

fn short(kind: &ObjectIdentifier) -> String {
    let dotted = kind.to_string();
    SHORT.iter().find(|(oid, _)| *oid == dotted).map_or(dotted, |(_, short)| (*short).to_owned())
}

/// Names come from strangers and go to terminals and logs: no control character, no direction mark, passes.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => out.extend(['\\', character]),
            _ if hidden(character) => out.extend(character.escape_unicode()),
            _ => out.push(character),
        }
    }
    out
}

fn hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().fold("#".to_owned(), |text, octet| format!("{text}{octet:02x}"))
}

#[cfg(test)]
mod tests {
    use super::super::name::encode;
    use super::*;

    fn common_name(value: &str) -> Vec<u8> {
        let attribute =
            [&[0x06, 0x03, 0x55, 0x04, 0x03][..], &encode(tag::UTF8_STRING, value.as_bytes())].concat();
        encode(tag::SEQUENCE, &encode(tag::SET, &encode(tag::SEQUENCE, &attribute)))
    }

    #[test]
    fn a_name_cannot_pretend_to_be_several_or_steer_a_terminal() {
        assert_eq!(name(&common_name("a, C=KZ")), "CN=a\\, C\\=KZ");
        assert_eq!(name(&common_name("a\u{1b}[2J\u{202e}b")), "CN=a\\u{1b}[2J\\u{202e}b");
        assert_eq!(name(&common_name("ҰКО 3.0")), "CN=ҰКО 3.0");
        assert_eq!(name(&[0x30, 0x02, 0x31]), "a name that cannot be read");
    }
}
