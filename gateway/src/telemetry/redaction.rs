//! The last guard against personal data in logs. The first is that nothing a client sent is ever logged; this one is
//! for the message, of ours or of a library, that does it all the same.

/// Digits of an identification number.
const LENGTH: usize = 12;

/// Blots out every run of exactly twelve digits that stands alone: it may be an IIN. Numbers of other lengths, and
/// digits inside longer words such as trace ids, stay.
pub(super) fn redact(text: &mut [u8]) {
    for word in text.split_mut(|byte| !byte.is_ascii_alphanumeric()) {
        if word.len() == LENGTH && word.iter().all(u8::is_ascii_digit) {
            word.fill(b'*');
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
        assert_eq!(redacted("IIN900101300017 /v1/900101300017?x"), "IIN900101300017 /v1/************?x");
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
