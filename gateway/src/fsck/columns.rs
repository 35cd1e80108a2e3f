//! The columns of one entry against its leaf, its grant and its sealed statement.

use certs::{Bin, Iin};
use evidence::outline::Outline;
use evidence::{Digest, Event, Leaf, Statement};
use uuid::Uuid;

use crate::commitment::Commitments;
use crate::entry::{Claim, Kind, StoredEntry};
use crate::journal::kept::Kept;
use crate::vault::DataKey;

/// What an outcome shares with its grant.
pub(super) struct Granted {
    request: Option<Uuid>,
    agency: Option<Bin>,
    case_ref: Option<[u8; 32]>,
}

impl Granted {
    pub(super) fn of(row: &StoredEntry) -> Self {
        Self { request: row.request, agency: row.agency.clone(), case_ref: row.case_ref }
    }
}

/// The columns that repeat what the leaf says.
pub(super) fn against_leaf(row: &StoredEntry, leaf: &Leaf, find: &mut impl FnMut(String)) {
    let event = &leaf.event;
    let kind = event.kind();
    // The log tells more kinds of acts apart than the row does.
    let act = row.kind == Kind::Act && matches!(event, Event::Act(_)) && Kind::named(kind.name()).is_none();
    if row.kind.name() != kind.name() && !act {
        find(format!("it is stored as {}, the log says {kind}", row.kind.name()));
    }
    if u64::try_from(row.at.0).ok() != Some(leaf.time.get()) {
        find(format!("it is stored as of {}, the log says {}", row.at.rfc3339(), leaf.time));
    }
    let code = event.code().map(ToString::to_string);
    if row.code != code {
        let said = |code: &Option<String>| code.clone().unwrap_or_else(|| "none".to_owned());
        find(format!("it is stored with the code {}, the log says {}", said(&row.code), said(&code)));
    }
    if row.grant != event.grant() {
        find("it is stored as the outcome of another grant than the log says".to_owned());
    }
    let sealed = event.content().is_some_and(|content| content.sealed.is_some());
    if sealed != row.case_ref.is_some() {
        find("the log and its row differ on whether it has content".to_owned());
    }
}

/// The columns that an outcome shares with its grant; all but the case of one that was `moved` out of it.
pub(super) fn against_grant(row: &StoredEntry, grant: &Granted, moved: bool, find: &mut impl FnMut(String)) {
    let compared = [
        ("request", row.request == grant.request),
        ("agency", row.agency == grant.agency),
        ("case", moved || row.case_ref == grant.case_ref),
    ];
    for (what, _) in compared.iter().filter(|(_, same)| !same) {
        find(format!("it is stored with another {what} than its grant"));
    }
}

/// Opens the content and holds it against the leaf.
pub(super) fn open(row: &StoredEntry, case: &[u8; 32], key: &DataKey, leaf: &Leaf) -> Result<Kept, String> {
    let clear = key.open(case, &row.content);
    let clear = clear.map_err(|_| "its content does not open under the key of its case".to_owned())?;
    let kept = Kept::from_bytes(&clear).map_err(|error| format!("its content: {error}"))?;
    let commitment = Statement::commitment(&kept.salt, &kept.statement);
    if leaf.event.content().is_none_or(|content| content.commitment != commitment) {
        return Err("its content is not what the log commits to".to_owned());
    }
    Ok(kept)
}

/// Documents it relies on that are kept once for all entries. The signed request and what names persons lie beside the statement.
pub(super) fn common(kept: &Kept, statement: &Outline<'_>) -> Vec<Digest> {
    if statement.items.len() <= kept.documents.len() {
        return Vec::new();
    }
    let held: Vec<Digest> = kept.documents.iter().map(|bytes| Digest::of(bytes)).collect();
    statement.items.iter().map(|item| item.digest).filter(|digest| !held.contains(digest)).collect()
}

/// The columns that only the sealed statement can speak for.
pub(super) fn against_statement(
    row: &StoredEntry,
    statement: &Outline<'_>,
    commitments: &Commitments,
    find: &mut impl FnMut(String),
) {
    let stated = statement.request.as_ref();
    if let Some(request) = row.request
        && stated.is_none_or(|stated| stated.id != request.hyphenated().to_string())
    {
        find("it is stored with another request id than its content says".to_owned());
    }
    let given = statement.facts.contains(crate::journal::ID_GIVEN);
    if row.kind.is_of_request() && row.request.is_none() && !given {
        find("it is stored without its request id".to_owned());
    }
    let agency = row.agency.as_ref().map(Bin::as_str).unwrap_or_default();
    if let Some(signer) = &statement.signer
        && signer.bin != agency
    {
        find("it is stored with another agency than its content says".to_owned());
    }
    let day = row.at.seconds().div_euclid(86_400);
    let is = |expected: [u8; 32]| row.case_ref == Some(expected);
    let expected = match (&statement.case, row.grant) {
        // A refusal rests on no case, whichever it named.
        // Under the agency's own key; entries from before agencies had one stand under that of the number.
        (Some(case), _) if row.kind != Kind::Refusal => {
            is(commitments.material(&case.kind, &case.number, agency))
                || is(commitments.case(&case.kind, &case.number))
        }
        // What follows a grant shares its case, which the grant's own row is held to.
        (None, Some(_)) => return,
        // Sealed before midnight, written after it.
        _ => is(commitments.day(agency, day)) || is(commitments.day(agency, day.saturating_sub(1))),
    };
    if !expected {
        find("it is stored under another case, agency or day than its content says".to_owned());
    }
}

/// The claim that a grant took.
pub(super) fn claim(row: &StoredEntry, statement: &Outline<'_>, commitments: &Commitments) -> Option<Claim> {
    let signer = statement.signer.as_ref().filter(|_| row.kind == Kind::Grant)?;
    let signer = Iin::parse_unchecked_digit(&signer.iin).ok()?;
    Some(Claim { signer: commitments.signer(&signer), request: row.request?, unclaimed: None })
}
