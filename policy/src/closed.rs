//! Closed lists: the law enumerates, so the software does, and each member has one spelling everywhere.

/// Defines an enum whose members have one kebab-case spelling on the wire, in the rules and in tables.
///
/// The enum gets `ALL` (in the order of the law), `as_str`, `Display`, `FromStr` and serde, all from the one list.
macro_rules! closed_list {
    ($(#[$meta:meta])* $vis:vis enum $name:ident ($what:literal) { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every member, in the order in which the law names them.
            $vis const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The one spelling of this member, on the wire and in the rules.
            #[must_use]
            $vis const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::closed::NotListed;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::closed::NotListed { what: $what }),
                }
            }
        }
    };
}

pub(crate) use closed_list;

/// A word that is not on a closed list. It names the list, never the word: the word came from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not on the closed list of {what}")]
pub struct NotListed {
    /// The list, in the plural, e.g. `grounds`.
    pub what: &'static str,
}
