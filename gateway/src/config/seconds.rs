//! Spans of time as the configuration states them.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A positive span of time, written in seconds: `10` or `0.5`. At most a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(Duration);

impl Seconds {
    /// Longer than any limit in here can mean.
    const MAX: Duration = Duration::from_secs(366 * 86_400);

    /// So many whole seconds; zero counts as one, because no limit of ours can be nothing.
    #[must_use]
    pub const fn of(seconds: u32) -> Self {
        Self(Duration::from_secs(if seconds == 0 { 1 } else { seconds as u64 }))
    }

    /// So many milliseconds; zero counts as one.
    #[must_use]
    pub const fn of_millis(millis: u32) -> Self {
        Self(Duration::from_millis(if millis == 0 { 1 } else { millis as u64 }))
    }

    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Seconds;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a positive number of seconds, at most a year")
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Seconds, E> {
                let span = Duration::from_secs(value);
                if span.is_zero() || span > Seconds::MAX {
                    return Err(E::invalid_value(de::Unexpected::Unsigned(value), &self));
                }
                Ok(Seconds(span))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Seconds, E> {
                let unsigned = u64::try_from(value)
                    .map_err(|_| E::invalid_value(de::Unexpected::Signed(value), &self))?;
                self.visit_u64(unsigned)
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Seconds, E> {
                match Duration::try_from_secs_f64(value) {
                    Ok(span) if !span.is_zero() && span <= Seconds::MAX => Ok(Seconds(span)),
                    _ => Err(E::invalid_value(de::Unexpected::Float(value), &self)),
                }
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.subsec_nanos() == 0 {
            serializer.serialize_u64(self.0.as_secs())
        } else {
            serializer.serialize_f64(self.0.as_secs_f64())
        }
    }
}
