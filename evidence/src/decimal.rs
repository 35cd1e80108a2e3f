//! Decimal numbers as all C2SP formats write them.

/// Reads an ASCII decimal without sign, space or leading zeroes (zero itself is `0`).
pub(crate) fn parse(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let spelled = text == "0" || !text.starts_with('0');
    if digits && spelled { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn has_one_spelling_for_each_number() {
        assert_eq!(parse("0"), Some(0));
        assert_eq!(parse("18446744073709551615"), Some(u64::MAX));
        for bad in ["", "00", "01", "+1", "-1", " 1", "1 ", "1\n", "18446744073709551616", "٣"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
