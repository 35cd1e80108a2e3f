//! The same verdict, later, by somebody else.

use std::sync::Arc;

use super::Trust;
use crate::UnixTime;
use crate::anchors::Anchors;
use crate::envelope::{Envelope, MalformedEnvelope};
use crate::path::{Certificate, Malformed};
use crate::profile::Profile;
use crate::relied::{Incomplete, Item, ItemKind, Relied, Statement};
use crate::revocation::{AnswerError, ListError, Nonce, RevocationStore, Terms};
use crate::signer::Signer;
use crate::untrusted::Untrusted;

/// Why a verdict could not be reached again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReverified {
    /// The form is of a version this crate does not know.
    #[error("evidence of version {found} is not known, expected 1")]
    Version {
        /// Which.
        found: u8,
    },
    /// Something it rests on is missing or altered.
    #[error("the evidence is not complete")]
    Incomplete(#[from] Incomplete),
    /// It was reached under another profile.
    #[error("the verdict was reached under profile {stated:?}, not {given:?}")]
    Profile {
        /// What the evidence says.
        stated: String,
        /// What the verifier uses.
        given: String,
    },
    /// The envelope is none.
    #[error("the envelope cannot be read")]
    Envelope(#[from] MalformedEnvelope),
    /// A certificate in the evidence is none.
    #[error("a certificate in the evidence cannot be read")]
    Certificate(#[from] Malformed),
    /// A revocation list in the evidence does not hold.
    #[error("a revocation list in the evidence does not hold")]
    List(#[from] ListError),
    /// An OCSP answer in the evidence does not hold.
    #[error("an OCSP answer in the evidence does not hold")]
    Answer(#[from] AnswerError),
    /// The verdict is another one.
    #[error("as of that instant the signature is not believed")]
    Untrusted(#[from] Untrusted),
    /// The verdict is the same, and rests on other things than stated.
    #[error("the signature is believed, but not for what the evidence states")]
    OtherGrounds {
        /// What the evidence says.
        stated: Box<Statement>,
        /// What was found.
        found: Box<Statement>,
    },
}

/// Reaches the verdict in `relied` again from `envelope` (the octets as they arrived), as of the instant it states, with nothing but the
/// evidence, anchors and profile of the verifier's own choosing.
///
/// # Errors
/// [`NotReverified`].
pub fn reverify(
    envelope: &[u8],
    relied: &Relied,
    anchors: impl Into<Arc<Anchors>>,
    profile: Profile,
    terms: Terms,
) -> Result<Signer, NotReverified> {
    let statement = relied.statement();
    if statement.version != 1 {
        return Err(NotReverified::Version { found: statement.version });
    }
    if statement.profile != profile.name() {
        let (stated, given) = (statement.profile.clone(), profile.name().to_owned());
        return Err(NotReverified::Profile { stated, given });
    }
    relied.check()?;
    let envelope = Envelope::parse(statement.envelope, envelope)?;
    let anchors = anchors.into();
    let certificates = relied.items().iter().filter(|item| item.kind() == ItemKind::Certificate);
    let known = certificates.map(|item| Certificate::parse(item.bytes())).collect::<Result<Vec<_>, _>>()?;
    let mut store = RevocationStore::new(anchors.clone(), terms);
    for item in relied.items() {
        restore(&mut store, item, &known, statement.at)?;
    }
    let trust = Trust::new(anchors, profile, store).with_known(known);
    let (signer, found) = trust.examine(&envelope, statement.at)?;
    if found.statement() == statement {
        Ok(signer)
    } else {
        let (stated, found) = (Box::new(statement.clone()), Box::new(found.statement().clone()));
        Err(NotReverified::OtherGrounds { stated, found })
    }
}

/// Lists and answers are verified anew: the evidence is somebody's word until then.
fn restore(
    store: &mut RevocationStore,
    item: &Item,
    known: &[Arc<Certificate>],
    at: UnixTime,
) -> Result<(), NotReverified> {
    match item.kind() {
        ItemKind::Certificate => {}
        ItemKind::Crl => drop(store.accept_crl(item.bytes().to_vec(), known, at)?),
        ItemKind::Ocsp => drop(store.accept_ocsp(item.bytes(), known, Nonce::Unchecked, at)?),
    }
    Ok(())
}
