use std::collections::HashMap;
use std::sync::Arc;

use super::answers::Answers;
use super::list::Outline;
use super::lookup::{Asked, Question};
use super::responder::authorise;
use super::response::Response;
use super::signer::find_signer;
use super::{Answer, AnswerError, List, ListError, Nonce, Reason, Source, Status, Terms, Unknown};
use crate::UnixTime;
use crate::anchors::Anchors;
use crate::path::{Certificate, Name, NameKey, Path};

/// Lists and answers that were verified when they arrived, and what they say.
///
/// A store is a value: clone it (cheap, everything in it is shared), let the clone accept something, publish the clone. Readers of the
/// old one see no change half-way.
#[derive(Clone, Debug)]
pub struct RevocationStore {
    anchors: Arc<Anchors>,
    terms: Terms,
    lists: HashMap<NameKey, Vec<Arc<List>>>,
    answers: Answers,
    generation: u64,
}

/// What is held of one authority, for metrics and for refreshing in time.
#[derive(Clone, Debug)]
pub struct Held {
    /// Whose list.
    pub issuer: Name,
    /// SHA-256 of the signer's `SubjectPublicKeyInfo`: authorities of one name differ in it.
    pub signer_key: [u8; 32],
    /// `thisUpdate`.
    pub this_update: UnixTime,
    /// `nextUpdate`.
    pub next_update: UnixTime,
    /// Last second it is relied on.
    pub usable_until: UnixTime,
    /// Whether it is a delta.
    pub delta: bool,
    /// Certificates it lists.
    pub entries: usize,
    /// Octets in memory.
    pub size: usize,
    /// SHA-256 of the list.
    pub digest: [u8; 32],
}

impl RevocationStore {
    /// A store that holds nothing: every status is unknown.
    #[must_use]
    pub fn new(anchors: Arc<Anchors>, terms: Terms) -> Self {
        Self { anchors, terms, lists: HashMap::new(), answers: Answers::default(), generation: 0 }
    }

    /// Verifies a list once and takes it. `extra` are certificates its signer may be among, or chain through, besides those the anchors
    /// know.
    ///
    /// # Errors
    /// [`ListError`]; the store is then as it was.
    pub fn accept_crl(
        &mut self,
        bytes: Vec<u8>,
        extra: &[Arc<Certificate>],
        at: UnixTime,
    ) -> Result<Arc<List>, ListError> {
        let list = Arc::new(self.verify_crl(bytes, extra, at)?);
        self.hold(list.clone())?;
        Ok(list)
    }

    /// Verifies a list without taking it: the costly half of [`Self::accept_crl`], for another thread than the one that publishes.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn verify_crl(
        &self,
        bytes: Vec<u8>,
        extra: &[Arc<Certificate>],
        at: UnixTime,
    ) -> Result<List, ListError> {
        let outline = Outline::parse(bytes)?;
        let next_update = outline.next_update.ok_or(ListError::NoNextUpdate)?;
        if at < outline.this_update.saturating_sub(self.terms.ahead) {
            return Err(ListError::NotYet { this_update: outline.this_update, at });
        }
        if at > next_update {
            return Err(ListError::Stale { next_update, at });
        }
        if let Some(rule) = outline.broken_rule(&self.terms) {
            return Err(ListError::Profile { rule });
        }
        let signer = find_signer(&outline, &self.anchors, extra, at, &self.terms)?;
        Ok(outline.into_list(signer, next_update)?)
    }

    /// Takes a list verified by [`Self::verify_crl`]. The newest of one signer and scope stays.
    ///
    /// # Errors
    /// [`ListError::Superseded`].
    pub fn hold(&mut self, list: Arc<List>) -> Result<(), ListError> {
        let held = self.lists.entry(list.issuer().key()).or_default();
        match held.iter_mut().find(|other| other.stands_with(&list)) {
            Some(same) if same.digest() == list.digest() => return Ok(()),
            Some(older) if list.is_newer_than(older) => *older = list,
            Some(_) => return Err(ListError::Superseded),
            None => held.push(list),
        }
        self.generation = self.generation.saturating_add(1);
        Ok(())
    }

    /// Verifies an OCSP answer once and takes every statement in it that is about a known authority's certificate. `extra` are
    /// authorities besides those the anchors know.
    ///
    /// # Errors
    /// [`AnswerError`]; the store is then as it was.
    pub fn accept_ocsp(
        &mut self,
        bytes: &[u8],
        extra: &[Arc<Certificate>],
        nonce: Nonce<'_>,
        at: UnixTime,
    ) -> Result<Vec<Arc<Answer>>, AnswerError> {
        let verified = self.verify_ocsp(bytes, extra, nonce, at)?;
        self.hold_answers(&verified)?;
        Ok(verified)
    }

    /// Verifies an OCSP answer without taking it: the costly half of [`Self::accept_ocsp`], for another thread than the one that
    /// publishes.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub fn verify_ocsp(
        &self,
        bytes: &[u8],
        extra: &[Arc<Certificate>],
        nonce: Nonce<'_>,
        at: UnixTime,
    ) -> Result<Vec<Arc<Answer>>, AnswerError> {
        let response = Response::parse(bytes)?;
        response.check_nonce(nonce)?;
        authorise(&response, &self.anchors, extra, at, &self.terms)
    }

    /// Takes answers verified by [`Self::verify_ocsp`], all or none. The newest about a certificate stays.
    ///
    /// # Errors
    /// [`AnswerError::Superseded`].
    pub fn hold_answers(&mut self, answers: &[Arc<Answer>]) -> Result<(), AnswerError> {
        let mut fresh = self.answers.clone();
        for answer in answers {
            fresh.hold(answer.clone())?;
        }
        self.answers = fresh;
        self.generation = self.generation.saturating_add(1);
        Ok(())
    }

    /// The answer held about `certificate`, issued by `issuer`, if it is current at `at`.
    #[must_use]
    pub fn answer(
        &self,
        certificate: &Certificate,
        issuer: &Certificate,
        at: UnixTime,
    ) -> Option<&Arc<Answer>> {
        let answer = self.answers.find(issuer, certificate)?;
        answer.window().contains(at, self.terms.ahead).then_some(answer)
    }

    /// What is known, as of `at`, about the certificate at `depth` of `path`.
    #[must_use]
    pub fn status(&self, path: &Path, depth: usize, at: UnixTime) -> Status {
        match Question::new(path, depth, at) {
            Some(question) => self.ask(question, &mut Asked::about(question)),
            None => Status::Unknown { why: Unknown::NotInPath },
        }
    }

    /// What is known about every certificate of `path`, from the one in question up. All must be good. Empty for an anchor: who trusts it
    /// withdraws trust by removing it.
    #[must_use]
    pub fn statuses(&self, path: &Path, at: UnixTime) -> Vec<Status> {
        (0..path.certificates().len()).map(|depth| self.status(path, depth, at)).collect()
    }

    /// Answers and lists together: whichever says revoked is believed, and an authority that does not know a certificate outweighs a list
    /// that does not name it.
    pub(super) fn ask(&self, question: Question<'_>, asked: &mut Asked) -> Status {
        let by_answer = self.by_answer(question, asked);
        if matches!(by_answer, Status::Revoked { .. } | Status::Unknown { why: Unknown::NotKnownToAuthority })
        {
            return by_answer;
        }
        let by_lists = self.by_lists(question, asked);
        match (&by_answer, &by_lists) {
            // A hold may be lifted, and the answer is then ahead of the list (RFC 5280 §5.3.1). Any other reason is for good.
            (
                Status::Good { sources },
                Status::Revoked { reason: Some(Reason::CertificateHold), source, .. },
            ) if sources.iter().all(|newer| newer.this_update() > source.this_update()) => by_answer,
            (_, Status::Revoked { .. }) => by_lists,
            (Status::Good { .. }, _) => by_answer,
            (Status::Unknown { why: Unknown::NothingHeld }, _) | (_, Status::Good { .. }) => by_lists,
            _ => by_answer,
        }
    }

    fn by_answer(&self, question: Question<'_>, asked: &mut Asked) -> Status {
        let Some(answer) = self.answers.find(question.issuer, question.certificate) else {
            return Status::Unknown { why: Unknown::NothingHeld };
        };
        if !answer.window().contains(question.at, self.terms.ahead) {
            return Status::Unknown { why: Unknown::NotCurrent };
        }
        if !self.responder_stands(answer, question, asked) {
            return Status::Unknown { why: Unknown::SignerNotGood };
        }
        answer.status()
    }

    /// RFC 6960 §4.2.2.2.1: a delegated responder marked `nocheck` is trusted while its certificate lives. Without the mark, what is known
    /// of its revocation counts, and knowing nothing does not: the authority chose to publish nothing.
    fn responder_stands(&self, answer: &Answer, question: Question<'_>, asked: &mut Asked) -> bool {
        let Some(responder) = answer.responder() else { return true };
        if responder.leaf().extensions().ocsp_no_check {
            return true;
        }
        match Question::new(responder, 0, question.at) {
            Some(about) if !asked.contains(responder.leaf().fingerprint()) => {
                !matches!(self.by_lists(about, asked), Status::Revoked { .. })
            }
            _ => true,
        }
    }

    pub(super) fn complete(&self, issuer: NameKey) -> impl Iterator<Item = &Arc<List>> {
        self.lists.get(&issuer).into_iter().flatten().filter(|list| !list.is_delta())
    }

    pub(super) fn deltas(&self, issuer: NameKey) -> impl Iterator<Item = &Arc<List>> {
        self.lists.get(&issuer).into_iter().flatten().filter(|list| list.is_delta())
    }

    /// What the store puts up with.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Grows with every list or answer taken or dropped: two stores of one descent and generation say the same.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// What is held of each authority.
    pub fn held(&self) -> impl Iterator<Item = Held> {
        self.lists.values().flatten().map(|list| Held {
            issuer: list.issuer().clone(),
            signer_key: *list.signer().leaf().key_digest(),
            this_update: list.window().from,
            next_update: list.next_update(),
            usable_until: list.window().until,
            delta: list.is_delta(),
            entries: list.len(),
            size: list.size(),
            digest: *list.digest(),
        })
    }

    /// How many OCSP statements are held.
    #[must_use]
    pub fn answer_count(&self) -> usize {
        self.answers.len()
    }

    /// Everything held, with the octets, so that it can be kept on disk and accepted again after a restart.
    pub fn sources(&self) -> impl Iterator<Item = Source> {
        let lists = self.lists.values().flatten().map(|list| Source::List(list.clone()));
        lists.chain(self.answers.iter().map(|answer| Source::Answer(answer.clone())))
    }

    /// Drops what can never be relied on again after `at`. What ends later stays, however old.
    pub fn prune(&mut self, at: UnixTime) {
        for held in self.lists.values_mut() {
            held.retain(|list| list.window().until >= at);
        }
        self.lists.retain(|_, held| !held.is_empty());
        self.answers.prune(at);
        self.generation = self.generation.saturating_add(1);
    }

    /// The same store under other anchors: everything is verified again, what no longer holds is left out. Reloading anchors must not
    /// leave a list in force that an anchor of yesterday vouched for.
    #[must_use]
    pub fn under(&self, anchors: Arc<Anchors>, at: UnixTime) -> Self {
        let mut fresh = Self::new(anchors, self.terms);
        for list in self.lists.values().flatten() {
            let extra: Vec<_> = list.signer().certificates().to_vec();
            drop(fresh.accept_crl(list.bytes().to_vec(), &extra, at));
        }
        for answer in self.answers.iter() {
            let extra = [answer.issuer().clone()];
            drop(fresh.accept_ocsp(answer.bytes(), &extra, Nonce::Unchecked, at));
        }
        fresh.generation = self.generation.saturating_add(1);
        fresh
    }
}
