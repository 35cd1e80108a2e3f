//! Outcome codes: the short names of refusals, failures and acts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest code, in bytes.
pub const MAX_CODE: usize = 64;

/// A short name such as `case-not-open`: 1 to 64 of `a`–`z`, `0`–`9` and hyphen, beginning with a letter. Never a value
/// that depends on a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(String);

/// A text that is not a [`Code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code is 1 to {MAX_CODE} of a-z, 0-9 and hyphen, beginning with a letter")]
pub struct CodeMalformed;

impl Code {
    /// The code's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Code {
    type Err = CodeMalformed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let begins = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
        let rest = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if begins && rest && text.len() <= MAX_CODE { Ok(Self(text.to_owned())) } else { Err(CodeMalformed) }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_short_name_and_nothing_else() {
        assert!("case-not-open".parse::<Code>().is_ok());
        for bad in ["", "Case", "case not open", "1st", "-x", "дело", &"a".repeat(65)] {
            assert_eq!(bad.parse::<Code>(), Err(CodeMalformed), "{bad}");
        }
    }
}
