//! What the lists held say about a certificate (RFC 5280 §6.3.3).

use std::sync::Arc;

use super::signer::speaks_for;
use super::store::RevocationStore;
use super::{List, Reason, Source, Status, Unknown};
use crate::UnixTime;
use crate::path::{Certificate, DistributionPoint, Path, Reasons};

/// Signers of signers that one question may lead to. Real lists are signed by the authority itself or by a key it certified.
const MAX_QUESTIONS: usize = 8;

/// One certificate of a path.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) path: &'a Path,
    pub(super) depth: usize,
    pub(super) certificate: &'a Certificate,
    pub(super) issuer: &'a Certificate,
    pub(super) at: UnixTime,
}

impl<'a> Question<'a> {
    pub(super) fn new(path: &'a Path, depth: usize, at: UnixTime) -> Option<Self> {
        let certificate = path.certificates().get(depth)?;
        Some(Self { path, depth, certificate, issuer: path.issuer_of(depth)?, at })
    }

    /// Who issued the issuer; `None` if the issuer is the anchor.
    fn superior(&self) -> Option<&'a Certificate> {
        self.path.issuer_of(self.depth.checked_add(1)?).map(|superior| &**superior)
    }
}

/// What the lists heard so far amount to.
struct Tally {
    covered: Reasons,
    sources: Vec<Source>,
    why: Unknown,
}

impl Tally {
    /// Whether hearing this list again, at another point, could change nothing.
    fn is_settled_by(&self, list: &Arc<List>) -> bool {
        let heard = |source: &Source| matches!(source, Source::List(heard) if Arc::ptr_eq(heard, list));
        self.covered.contains(Reasons::ALL) && self.sources.iter().any(heard)
    }

    /// Relies on a list as far as it adds to what is covered.
    fn count(&mut self, reasons: Reasons, list: &Arc<List>, delta: Option<&Arc<List>>, behind: Vec<Source>) {
        if !self.covered.contains(reasons) {
            self.covered = self.covered.or(reasons);
            self.sources.push(Source::List(list.clone()));
            self.sources.extend(delta.map(|delta| Source::List(delta.clone())));
            self.sources.extend(behind);
        }
    }
}

/// Certificates already being asked about, so that a signer whose certificate is covered by its own list ends the recursion: such a list
/// is believed about itself as about anything else, and revoking itself it is not.
pub(super) struct Asked {
    /// The one in question; apart, so that the usual question allocates nothing.
    first: [u8; 32],
    signers: Vec<[u8; 32]>,
}

impl Asked {
    pub(super) fn about(question: Question<'_>) -> Self {
        Self { first: *question.certificate.fingerprint(), signers: Vec::new() }
    }

    pub(super) fn contains(&self, fingerprint: &[u8; 32]) -> bool {
        self.first == *fingerprint || self.signers.contains(fingerprint)
    }
}

impl RevocationStore {
    /// §6.3.3 for every distribution point, then for the point that is always implied.
    ///
    /// The standard stops when all reasons are covered. Here every list that speaks about the certificate is heard: of two signers of one
    /// authority the one that says revoked is believed, above all when it is the other signer that was revoked.
    pub(super) fn by_lists(&self, question: Question<'_>, asked: &mut Asked) -> Status {
        let mut tally = Tally { covered: Reasons::NONE, sources: Vec::new(), why: Unknown::NothingHeld };
        let points = &question.certificate.extensions().distribution_points;
        for point in points.iter().map(Some).chain([None]) {
            if let Some(revoked) = self.at_point(point, question, asked, &mut tally) {
                return revoked;
            }
        }
        if tally.covered.contains(Reasons::ALL) {
            Status::Good { sources: tally.sources }
        } else {
            Status::Unknown { why: tally.why }
        }
    }

    /// Hears every list distributed at `point`, or without one every list of the certificate's own issuer.
    fn at_point(
        &self,
        point: Option<&DistributionPoint>,
        question: Question<'_>,
        asked: &mut Asked,
        tally: &mut Tally,
    ) -> Option<Status> {
        let named = point.and_then(|point| point.issuers.as_deref());
        let own = named.is_none().then(|| question.certificate.issuer());
        for name in named.into_iter().flatten().chain(own) {
            for list in self.complete(name.key()) {
                if tally.is_settled_by(list) {
                    continue;
                }
                let behind = match self.consider(list, point, question, asked) {
                    Ok(behind) => behind,
                    Err(why) => {
                        tally.why = why;
                        continue;
                    }
                };
                let delta = self.delta_of(list, question.at);
                if let Some(revoked) = revoked_by(list, delta, question) {
                    return Some(revoked);
                }
                tally.why = Unknown::NotCovered;
                let stated = point.map_or(Reasons::ALL, |point| point.reasons);
                tally.count(stated.and(list.scope().reasons), list, delta, behind);
            }
        }
        None
    }

    /// §6.3.3 (a), (b), (f): whether `list` may be asked at all, and what says that its signer is good.
    fn consider(
        &self,
        list: &List,
        point: Option<&DistributionPoint>,
        question: Question<'_>,
        asked: &mut Asked,
    ) -> Result<Vec<Source>, Unknown> {
        if !list.window().contains(question.at, self.terms().ahead) {
            return Err(Unknown::NotCurrent);
        }
        let trusted = list.signer().anchor() == question.path.anchor();
        let scope = list.scope();
        let authorised = match point.and_then(|point| point.issuers.as_ref()) {
            Some(issuers) => scope.indirect && issuers.contains(list.issuer()),
            None => speaks_for(list, question.issuer, question.superior()),
        };
        if !trusted || !authorised || !scope.covers(question.certificate, point, list.issuer()) {
            return Err(Unknown::NotCovered);
        }
        self.behind_signer(list.signer(), question, asked).ok_or(Unknown::SignerNotGood)
    }

    /// §6.3.3 (c), (h): what changed since `list`, if that is held and current.
    fn delta_of(&self, list: &List, at: UnixTime) -> Option<&Arc<List>> {
        self.deltas(list.issuer().key())
            .find(|delta| delta.updates(list) && delta.window().contains(at, self.terms().ahead))
    }

    /// What says that every certificate on the signer's path is good, those left out that the question's own path consists of: they are
    /// asked about anyway. `None` if one is not known to be good.
    fn behind_signer(&self, signer: &Path, question: Question<'_>, asked: &mut Asked) -> Option<Vec<Source>> {
        let mut behind = Vec::new();
        for (depth, certificate) in signer.certificates().iter().enumerate() {
            if !question.path.certificates().contains(certificate) {
                behind.extend(self.behind_certificate(signer, depth, question.at, asked)?);
            }
        }
        Some(behind)
    }

    fn behind_certificate(
        &self,
        path: &Path,
        depth: usize,
        at: UnixTime,
        asked: &mut Asked,
    ) -> Option<Vec<Source>> {
        let question = Question::new(path, depth, at)?;
        let fingerprint = *question.certificate.fingerprint();
        if asked.contains(&fingerprint) {
            return Some(Vec::new());
        }
        if asked.signers.len() >= MAX_QUESTIONS {
            return None;
        }
        asked.signers.push(fingerprint);
        let status = self.ask(question, asked);
        asked.signers.pop();
        match status {
            Status::Good { sources } => Some(sources),
            Status::Revoked { .. } | Status::Unknown { .. } => None,
        }
    }
}

/// §6.3.3 (i), (j): the delta first, then what it builds on.
fn revoked_by(list: &Arc<List>, delta: Option<&Arc<List>>, question: Question<'_>) -> Option<Status> {
    let changed = delta.and_then(|delta| Some((delta, delta.find(question.certificate)?)));
    let (source, entry) = match changed {
        Some((_, entry)) if entry.reason == Some(Reason::RemoveFromCrl) => return None,
        Some(changed) => changed,
        None => (list, list.find(question.certificate)?),
    };
    Some(Status::Revoked { at: entry.revoked_at, reason: entry.reason, source: Source::List(source.clone()) })
}
