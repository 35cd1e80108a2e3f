//! What the lists held say about a certificate (RFC 5280 §6.3.3).

use std::sync::Arc;

use super::signer::speaks_for;
use super::store::RevocationStore;
use super::{List, Reason, Source, Status, Unknown};
use crate::UnixTime;
use crate::path::{
    Certificate, DistributionPoint, DistributionPointName, GeneralName, NameKey, Path, Reasons,
};

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

/// Certificates already being asked about, so that a signer whose certificate is covered by its own list ends the recursion: such a list
/// is believed about itself as about anything else, and revoking itself it is not.
pub(super) type Asked = Vec<[u8; 32]>;

/// What the lists seen so far amount to.
struct Tally {
    covered: Reasons,
    sources: Vec<Source>,
    why: Unknown,
}

impl RevocationStore {
    /// §6.3.3 for every distribution point, then for the point that is always implied.
    pub(super) fn by_lists(&self, question: Question<'_>, asked: &mut Asked) -> Status {
        let mut tally = Tally { covered: Reasons::NONE, sources: Vec::new(), why: Unknown::NothingHeld };
        for point in &question.certificate.extensions().distribution_points {
            if let Some(decided) = self.at_point(point, question, asked, &mut tally) {
                return decided;
            }
        }
        self.at_point(&implied_point(question.certificate), question, asked, &mut tally)
            .unwrap_or(Status::Unknown { why: tally.why })
    }

    fn at_point(
        &self,
        point: &DistributionPoint,
        question: Question<'_>,
        asked: &mut Asked,
        tally: &mut Tally,
    ) -> Option<Status> {
        for name in issuers_of(point, question.certificate) {
            for list in self.complete(name) {
                let reasons = point.reasons.and(list.scope().reasons);
                match self.consider(list, point, question, asked) {
                    Err(why) => tally.why = why,
                    Ok(()) if tally.covered.contains(reasons) => {}
                    Ok(()) => {
                        if let Some(revoked) = self.consult(list, question, &mut tally.sources) {
                            return Some(revoked);
                        }
                        tally.covered = tally.covered.or(reasons);
                        tally.why = Unknown::NotCovered;
                    }
                }
                if tally.covered.contains(Reasons::ALL) {
                    return Some(Status::Good { sources: core::mem::take(&mut tally.sources) });
                }
            }
        }
        None
    }

    /// §6.3.3 (a), (b), (f): whether `list` may be asked at all.
    fn consider(
        &self,
        list: &List,
        point: &DistributionPoint,
        question: Question<'_>,
        asked: &mut Asked,
    ) -> Result<(), Unknown> {
        if !list.window().contains(question.at, self.terms().ahead) {
            return Err(Unknown::NotCurrent);
        }
        let trusted = list.signer().anchor() == question.path.anchor();
        let scope = list.scope();
        let authorised = match &point.issuers {
            Some(issuers) => scope.indirect && issuers.contains(list.issuer()),
            None => speaks_for(list, question.issuer, question.superior()),
        };
        if !trusted || !authorised || !scope.covers(question.certificate, point, list.issuer()) {
            return Err(Unknown::NotCovered);
        }
        if self.signer_is_good(list.signer(), question, asked) { Ok(()) } else { Err(Unknown::SignerNotGood) }
    }

    /// §6.3.3 (h) to (j): the delta first, then what it builds on.
    fn consult(&self, list: &Arc<List>, question: Question<'_>, sources: &mut Vec<Source>) -> Option<Status> {
        let delta = self
            .deltas(list.issuer().key())
            .find(|delta| delta.updates(list) && delta.window().contains(question.at, self.terms().ahead));
        let changed = delta.and_then(|delta| Some((delta, delta.find(question.certificate)?)));
        let found = match changed {
            Some((_, entry)) if entry.reason == Some(Reason::RemoveFromCrl) => None,
            Some((delta, entry)) => Some((delta, entry)),
            None => list.find(question.certificate).map(|entry| (list, entry)),
        };
        if let Some((source, entry)) = found {
            let source = Source::List(source.clone());
            return Some(Status::Revoked { at: entry.revoked_at, reason: entry.reason, source });
        }
        sources.push(Source::List(list.clone()));
        sources.extend(delta.map(|delta| Source::List(delta.clone())));
        None
    }

    /// Whether every certificate on the signer's path is good, those left out that the question's own path consists of: they are
    /// asked about anyway.
    pub(super) fn signer_is_good(&self, signer: &Path, question: Question<'_>, asked: &mut Asked) -> bool {
        signer.certificates().iter().enumerate().all(|(depth, certificate)| {
            question.path.certificates().iter().any(|own| Arc::ptr_eq(own, certificate) || own == certificate)
                || self.asks_good(signer, depth, question.at, asked)
        })
    }

    fn asks_good(&self, path: &Path, depth: usize, at: UnixTime, asked: &mut Asked) -> bool {
        let Some(question) = Question::new(path, depth, at) else { return false };
        let fingerprint = *question.certificate.fingerprint();
        if asked.contains(&fingerprint) {
            return true;
        }
        if asked.len() >= MAX_QUESTIONS {
            return false;
        }
        asked.push(fingerprint);
        let good = self.ask(question, asked).is_good();
        asked.pop();
        good
    }
}

/// §6.3.3: the issuer's own lists, wherever distributed.
fn implied_point(certificate: &Certificate) -> DistributionPoint {
    DistributionPoint {
        name: Some(DistributionPointName::Full(vec![GeneralName::Directory(certificate.issuer().clone())])),
        reasons: Reasons::ALL,
        issuers: None,
    }
}

fn issuers_of<'a>(
    point: &'a DistributionPoint,
    certificate: &'a Certificate,
) -> impl Iterator<Item = NameKey> + use<'a> {
    let own = point.issuers.is_none().then(|| certificate.issuer().key());
    point.issuers.iter().flatten().map(|name| name.key()).chain(own)
}
