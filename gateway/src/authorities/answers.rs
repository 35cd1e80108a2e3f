//! Answers about single certificates: asked for when a verdict needs one, kept until they end, asked for again before that.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use certs::algorithm::Digest;
use certs::revocation::{AnswerError, Nonce, OcspRequest};
use certs::trust::Unanswered;
use futures_util::future::join_all;

use super::Authorities;
use super::lists::State;
use super::responders::{AskError, Key, key_of};
use crate::config::Asking;
use crate::telemetry::metrics::{self, Asked};
use crate::trust::Trust;

/// Certificates asked about for one request: a signer's path and a time-stamping authority's.
const MOST: usize = 8;
/// Between two looks for answers that end soon.
const LOOK: Duration = Duration::from_secs(15);
/// Octets of a nonce (RFC 8954 allows 1 to 32).
const NONCE: usize = 16;

impl Authorities {
    /// Asks responders about these certificates, all at once, and puts what they say in force. Whether anything was learnt.
    pub async fn learn(&self, trust: &Trust, wanted: &[Unanswered]) -> bool {
        let learnt = join_all(wanted.iter().take(MOST).map(|one| self.learn_one(one, false))).await;
        let any = learnt.contains(&true);
        if any {
            self.publish(trust);
            metrics::ocsp_answers(self.answers());
        }
        any
    }

    /// Asks again about what was asked about before, while the last answer still holds.
    pub async fn watch_answers(self: Arc<Self>, trust: Arc<Trust>) {
        loop {
            tokio::time::sleep(LOOK).await;
            let due: Vec<_> = self.responders.watched().into_iter().filter(|one| self.is_due(one)).collect();
            let learnt = join_all(due.iter().map(|one| self.learn_one(one, true))).await;
            if learnt.contains(&true) {
                self.publish(&trust);
            }
        }
    }

    /// A quarter of its time is left, or none: a responder that is away for less is not noticed.
    fn is_due(&self, one: &Unanswered) -> bool {
        let now = self.lists.now();
        let state = self.lists.state();
        let Some(answer) = state.revocation.answer(&one.certificate, &one.issuer, now) else { return true };
        let window = answer.window();
        window.until.saturating_sub(now) <= window.until.saturating_sub(window.from) / 4
    }

    async fn learn_one(&self, wanted: &Unanswered, again: bool) -> bool {
        let key = key_of(wanted);
        // Of several requests that need one answer, the first asks and the others find it here.
        let _turn = self.responders.turn(&key).await;
        let held = self
            .lists
            .state()
            .revocation
            .answer(&wanted.certificate, &wanted.issuer, self.lists.now())
            .is_some();
        if held && !(again && self.is_due(wanted)) {
            return true;
        }
        for address in self.responders.addresses(wanted) {
            match self.ask(&address, wanted, &key).await {
                Ok(()) => {
                    self.responders.answered(&address, &key, wanted, again);
                    metrics::ocsp_asked(Asked::Answered);
                    return true;
                }
                Err(error) => {
                    self.responders.failed(&address);
                    metrics::ocsp_asked(error.outcome());
                    let error: &dyn std::error::Error = &error;
                    tracing::warn!(responder = %address, error, "a certificate was not answered for");
                }
            }
        }
        false
    }

    /// National responders name certificates by SHA-256; the oldest know SHA-1 only, and say so by refusing.
    async fn ask(&self, address: &str, wanted: &Unanswered, key: &Key) -> Result<(), AskError> {
        match self.ask_by(address, wanted, key, Digest::Sha256).await {
            Err(AskError::Answer(AnswerError::Refused { .. })) => {
                self.ask_by(address, wanted, key, Digest::Sha1).await
            }
            asked => asked,
        }
    }

    async fn ask_by(
        &self,
        address: &str,
        wanted: &Unanswered,
        key: &Key,
        digest: Digest,
    ) -> Result<(), AskError> {
        let mut random = [0; NONCE];
        getrandom::fill(&mut random).map_err(|_| AskError::Request)?;
        let question = OcspRequest::new(&wanted.certificate, &wanted.issuer, digest, &random)
            .map_err(|_| AskError::Request)?;
        let bytes = self.responders.post(address, question.der().to_vec()).await?;
        let (state, now) = (self.lists.state(), self.lists.now());
        let extra = [wanted.issuer.clone()];
        let nonce = Nonce::Preferred(question.nonce());
        let answers = state.revocation.verify_ocsp(&bytes, &extra, nonce, now)?;
        self.hold_answers(&state, &answers)?;
        if self.lists.state().revocation.answer(&wanted.certificate, &wanted.issuer, now).is_none() {
            return Err(AskError::Other);
        }
        self.lists.keep(&self.kept(key), &bytes);
        Ok(())
    }

    fn hold_answers(
        &self,
        state: &State,
        answers: &[Arc<certs::revocation::Answer>],
    ) -> Result<(), AnswerError> {
        let mut now = self.lists.locked();
        match Arc::ptr_eq(&now.anchors, &state.anchors) {
            true => now.revocation.hold_answers(answers),
            false => Err(AnswerError::IssuerUnknown),
        }
    }

    fn kept(&self, key: &Key) -> PathBuf {
        self.settings.cache.join(format!("{}.ocsp", hex::encode(key)))
    }

    /// What an earlier run learnt and still holds. What does not is removed: nothing can make it good again.
    pub(super) fn take_up_answers(&self) {
        if self.settings.ask == Asking::Never {
            return;
        }
        let Ok(folder) = std::fs::read_dir(&self.settings.cache) else { return };
        let now = self.lists.now();
        for entry in folder.flatten() {
            let path = entry.path();
            if path.extension().is_none_or(|extension| extension != "ocsp") {
                continue;
            }
            let Ok(bytes) = std::fs::read(&path) else { continue };
            if self.lists.locked().revocation.accept_ocsp(&bytes, &[], Nonce::Unchecked, now).is_err() {
                let _ = std::fs::remove_file(&path);
            }
        }
    }
}
