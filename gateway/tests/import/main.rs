//! Files that operators hand in: read whole or refused whole, with every error named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod agencies;
mod cases;
mod forms;
mod registries;
mod separation;
mod stored;
mod users;

use std::collections::HashMap;

use gateway::import::{File, Format, ImportError, Known};
use gateway::replica::{CaseSource, SourceMode};
use policy::CaseKind;

pub(crate) const POLICE: &str = "940740000003";
pub(crate) const COURT: &str = "940740000015";
pub(crate) const STRANGER: &str = "940740000027";
pub(crate) const ALIYA: &str = "900101300017";
pub(crate) const BOLAT: &str = "850315400124";
pub(crate) const DANA: &str = "910203500234";

pub(crate) fn csv(text: &str) -> File<'_> {
    File { name: "list.csv", bytes: text.as_bytes(), format: Format::Csv }
}

pub(crate) fn json(text: &str) -> File<'_> {
    File { name: "list.json", bytes: text.as_bytes(), format: Format::Json }
}

/// The police is enrolled; one source of criminal cases is fed, another is asked live.
pub(crate) fn known() -> Known {
    let source = |code: &str, mode| CaseSource {
        code: code.to_owned(),
        kinds: vec![CaseKind::Criminal, CaseKind::Search],
        mode,
        max_age: 300,
        as_of: None,
    };
    let live = SourceMode::Live { url: "https://127.0.0.1/".to_owned() };
    let sources = [source("criminal-cases", SourceMode::Replica), source("court-cases", live)];
    Known {
        agencies: HashMap::from([(POLICE.parse().unwrap(), "police".to_owned())]),
        sources: sources.into_iter().map(|source| (source.code.clone(), source)).collect(),
        ..Known::default()
    }
}

/// Errors as lines, as an operator reads them.
pub(crate) fn lines<T: std::fmt::Debug>(result: Result<T, Vec<ImportError>>) -> Vec<String> {
    result.expect_err("an error").iter().map(ToString::to_string).collect()
}
