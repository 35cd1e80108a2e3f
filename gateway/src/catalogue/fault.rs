//! What is wrong with a catalogue entry, and where.

use std::fmt;

use super::template::TemplateFault;

/// A catalogue entry that was refused: the place, then what was found and what was expected.
#[derive(Debug, PartialEq, Eq)]
pub struct CatalogueError {
    /// Code of the registry, or its position when the code could not be read.
    pub registry: String,
    pub operation: Option<String>,
    /// Dot path of the member of the listing.
    pub field: String,
    pub fault: Fault,
}

/// What was found and what was expected.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("not a listing: {0}")]
    Unreadable(String),
    #[error("stored under the code {stored}, but names itself {named}")]
    OtherCode { stored: String, named: String },
    #[error("{0:?} is listed twice")]
    Twice(String),
    #[error("expected lower-case letters, digits and inner hyphens, at most 64, found {0:?}")]
    Code(String),
    #[error("expected some text of at most {most} characters, found {found}")]
    Text { found: usize, most: usize },
    #[error("expected a number from {least} to {most}, found {found}")]
    Range { found: u32, least: u32, most: u32 },
    #[error("expected an https address without user, query, fragment or slash at the end")]
    Endpoint,
    #[error("expected a DNS name or an IP address")]
    ServerName,
    #[error("the act is in force until {until}, before it begins on {from}")]
    Dates { from: String, until: String },
    #[error("in force from {from}, before the act's own date {date}")]
    BeforeAct { date: String, from: String },
    #[error("expected at least one")]
    None,
    #[error("not a JSON Schema the gateway can use: {0}")]
    Schema(String),
    #[error("{0}")]
    Template(#[from] TemplateFault),
    #[error("the parameter {0:?} is declared but reaches no part of the question")]
    Unused(String),
    #[error("{0:?} is no ground of the law")]
    Ground(String),
    #[error("the answer declares no field {0:?}")]
    Field(String),
    #[error("an answer in another media type cannot be cut: expected \"*\", found a list of fields")]
    Uncuttable,
    #[error("expected a media type such as application/pdf, other than JSON, found {0:?}")]
    MediaType(String),
    #[error("a GET has no body and a POST needs one")]
    Body,
    #[error("expected an answer schema, media types, or both")]
    NoAnswer,
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "registry {}", self.registry)?;
        if let Some(operation) = &self.operation {
            write!(f, ", operation {operation}")?;
        }
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        write!(f, ": {}", self.fault)
    }
}

impl std::error::Error for CatalogueError {}

/// Where in the catalogue a check stands; turns a [`Fault`] into a [`CatalogueError`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) registry: &'a str,
    pub(super) operation: Option<&'a str>,
}

impl Place<'_> {
    pub(super) fn fault(&self, field: impl Into<String>, fault: impl Into<Fault>) -> CatalogueError {
        CatalogueError {
            registry: self.registry.to_owned(),
            operation: self.operation.map(str::to_owned),
            field: field.into(),
            fault: fault.into(),
        }
    }

    pub(super) fn code(&self, field: &str, found: &str) -> Result<(), CatalogueError> {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let good = (1..=64).contains(&found.len())
            && found.bytes().all(|byte| inner(byte) || byte == b'-')
            && !found.starts_with('-')
            && !found.ends_with('-');
        if good { Ok(()) } else { Err(self.fault(field, Fault::Code(found.to_owned()))) }
    }

    pub(super) fn text(&self, field: &str, found: &str) -> Result<(), CatalogueError> {
        const MOST: usize = 500;
        let length = found.chars().count();
        if found.trim().is_empty() || length > MOST {
            return Err(self.fault(field, Fault::Text { found: length, most: MOST }));
        }
        Ok(())
    }

    pub(super) fn range(&self, field: &str, found: u32, least: u32, most: u32) -> Result<(), CatalogueError> {
        if (least..=most).contains(&found) {
            Ok(())
        } else {
            Err(self.fault(field, Fault::Range { found, least, most }))
        }
    }
}
