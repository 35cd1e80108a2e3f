//! Destruction of content with the material of its case (SLS 16-3(3)), or when its time is up (OI 5(5)).
//!
//! What goes is the key of the case. The log stays and verifies; an entry of it says what was destroyed and why.

mod destroyer;
mod retention;
mod termination;

use serde::Serialize;
use uuid::Uuid;

use crate::clock::Millis;

pub use destroyer::{Destroyer, DestructionError, LetGo};
pub use termination::{Keeping, Termination};

/// Why content goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The case's material was destroyed (SLS 16-3(3)).
    MaterialDestroyed,
    /// A retention clock ran out (OI 5(5)).
    RetentionEnded,
}

impl Cause {
    /// As stored, and as the code of the entry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MaterialDestroyed => "material-destroyed",
            Self::RetentionEnded => "retention-ended",
        }
    }

    /// The clause that asks for it.
    #[must_use]
    pub const fn clause(self) -> &'static str {
        match self {
            Self::MaterialDestroyed => "SLS 16-3(3)",
            Self::RetentionEnded => "OI 5(5)",
        }
    }

    /// The cause with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::MaterialDestroyed, Self::RetentionEnded].into_iter().find(|cause| cause.name() == name)
    }
}

/// A destruction: asked for, then confirmed by another, then done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destruction {
    pub id: Uuid,
    /// Names the key that goes.
    pub case_ref: [u8; 32],
    pub kind: String,
    pub number: String,
    pub cause: Cause,
    /// The act of destruction, in words.
    pub reason: String,
    pub asked_by: String,
    pub asked_at: Millis,
    pub confirmed: Option<(String, Millis)>,
}

impl Destruction {
    /// Why, as the log says it.
    #[must_use]
    pub fn words(&self) -> String {
        let confirmed = self.confirmed.as_ref().map_or("nobody", |(by, _)| by.as_str());
        format!(
            "{} ({}): {}; asked for by {}, confirmed by {confirmed}",
            match self.cause {
                Cause::MaterialDestroyed => "the material of the case was destroyed",
                Cause::RetentionEnded => "the time for keeping it is over",
            },
            self.cause.clause(),
            self.reason,
            self.asked_by
        )
    }
}
