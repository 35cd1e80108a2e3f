//! Identification numbers of persons (IIN) and organisations (BIN): 12 digits, the last of which checks the others.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Digits in either number.
const LENGTH: usize = 12;
/// Weights of the first pass.
const FIRST: [u32; 11] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
/// Weights of the second pass, used when the first gives 10.
const SECOND: [u32; 11] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];

/// Why a text is no identification number. Says nothing of the digits themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not exactly twelve ASCII digits.
    #[error("expected 12 digits")]
    NotTwelveDigits,
    /// The twelfth digit is not what the first eleven make it.
    #[error("the check digit is wrong")]
    CheckDigit,
}

/// Individual identification number. Personal data: `Debug` and errors never show the digits; [`Iin::as_str`] does.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Iin(Box<str>);

/// Business identification number of an organisation.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bin(Box<str>);

fn digits(text: &str) -> Result<[u32; LENGTH], NumberError> {
    let mut digits = [0; LENGTH];
    if text.len() != LENGTH {
        return Err(NumberError::NotTwelveDigits);
    }
    for (slot, byte) in digits.iter_mut().zip(text.bytes()) {
        *slot = char::from(byte).to_digit(10).ok_or(NumberError::NotTwelveDigits)?;
    }
    Ok(digits)
}

fn pass(digits: &[u32; LENGTH], weights: &[u32; 11]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum::<u32>() % 11
}

/// The check digit is the weighted sum modulo 11; if that is 10, a second set of weights decides; if that is 10 too, the authority
/// never assigns the number.
fn checked(text: &str) -> Result<Box<str>, NumberError> {
    let digits = digits(text)?;
    let expected = match pass(&digits, &FIRST) {
        10 => pass(&digits, &SECOND),
        digit => digit,
    };
    if digits.last() == Some(&expected) { Ok(text.into()) } else { Err(NumberError::CheckDigit) }
}

impl Iin {
    /// Reads twelve digits without looking at the check digit, for profiles of test authorities, whose test persons carry wrong ones.
    ///
    /// # Errors
    /// [`NumberError::NotTwelveDigits`].
    pub fn parse_unchecked_digit(text: &str) -> Result<Self, NumberError> {
        digits(text).map(|_| Self(text.into()))
    }

    /// The twelve digits. Whoever calls this handles personal data.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Bin {
    /// Reads twelve digits without looking at the check digit, for profiles of test authorities.
    ///
    /// # Errors
    /// [`NumberError::NotTwelveDigits`].
    pub fn parse_unchecked_digit(text: &str) -> Result<Self, NumberError> {
        digits(text).map(|_| Self(text.into()))
    }

    /// The twelve digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Iin {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        checked(text).map(Self)
    }
}

impl FromStr for Bin {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        checked(text).map(Self)
    }
}

impl fmt::Debug for Iin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iin(…)")
    }
}

impl fmt::Debug for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bin({})", self.0)
    }
}

impl fmt::Display for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Iin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Serialize for Bin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Iin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Bin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
