//! The last guard against personal data in logs. The first is that nothing a client sent is ever logged; this one is
//! for the message, of ours or of a library, that does it all the same.

/// Digits of an identification number.
const LENGTH: usize = 12;

/// What national certificates write before a number in the subject.
const PREFIXES: [&[u8]; 2] = [b"IIN", b"BIN"];

/// Blots out every run of exactly twelve digits that stands alone or after `IIN` or `BIN`, as in a certificate's subject:
/// it may be an identification number. Numbers of other lengths, and digits inside longer words such as trace ids, stay.
pub(super) fn redact(text: &mut [u8]) {
    for word in text.split_mut(|byte| !byte.is_ascii_alphanumeric()) {
        let start = PREFIXES.iter().find(|prefix| word.starts_with(prefix)).map_or(0, |prefix| prefix.len());
        let Some(number) = word.get_mut(start..) else { continue };
        if number.len() == LENGTH && number.iter().all(u8::is_ascii_digit) {
            number.fill(b'*');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::redact;

    fn redacted(text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        redact(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn blots_out_what_may_be_an_identification_number() {
        assert_eq!(redacted("900101300017"), "************");
        assert_eq!(redacted("{\"iin\":\"900101300017\",\"n\":1}"), "{\"iin\":\"************\",\"n\":1}");
        assert_eq!(redacted("IIN900101300017 /v1/900101300017?x"), "IIN************ /v1/************?x");
    }

    #[test]
    fn leaves_other_numbers() {
        for text in
            ["1763806123456", "12345678901", "257500031000123", "4bf92f3577b34da6a3ce929d0e0e4736", ""]
        {
            assert_eq!(redacted(text), text);
        }
    }
}
