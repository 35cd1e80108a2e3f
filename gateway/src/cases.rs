//! Step 5: whether the cited case is in the production of this signer (SLS 16-2(3)¶2).
//!
//! The word of the case's own registry decides, fresh enough to rely on. Anything unknown refuses (SLS 16-2(3)¶3).

pub mod fact;
pub mod live;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use policy::CaseKind;

use crate::cases::fact::CaseFact;
use crate::cases::live::LiveSource;
use crate::clock::{Clock, Millis};
use crate::commitment::Commitments;
use crate::declined::{Declined, Stage, store_refusal};
use crate::document::CaseNumber;
use crate::reconciled::{Entitlement, Reconciled};
use crate::refusal::{Code, Refusal};
use crate::registries::Catalogues;
use crate::replica::{CaseSource, CaseState, SourceMode};
use crate::store::{Held, Store, StoreError};
use crate::support::Supports;
use crate::users::Identified;

/// The case registries.
#[derive(Debug)]
pub struct Cases {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    commitments: Arc<Commitments>,
    catalogues: Arc<Catalogues>,
    sources: Vec<CaseSource>,
    live: BTreeMap<String, LiveSource>,
    supports: Supports,
}

/// Why there is no case to rely on.
enum LookupError {
    Refused(Refusal),
    Store(StoreError),
}

impl LookupError {
    /// The source cannot be relied on now; `why` is for the client.
    fn unverifiable(why: impl Into<String>) -> Self {
        Self::Refused(Refusal::new(Code::CaseUnverifiable, why))
    }
}

impl Cases {
    /// `live` holds a connector for each source whose mode is live, by code.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        commitments: Arc<Commitments>,
        catalogues: Arc<Catalogues>,
        sources: Vec<CaseSource>,
        live: BTreeMap<String, LiveSource>,
        supports: Supports,
    ) -> Self {
        Self { store, clock, commitments, catalogues, sources, live, supports }
    }

    /// Reconciles the request with the case registry and the catalogue of registries.
    ///
    /// # Errors
    /// `case-unverifiable`, `case-not-found`, `case-kind-mismatch`. Whether the case is open and in whose production it is are
    /// facts that the rules judge.
    pub async fn reconcile(&self, identified: Identified) -> Result<Reconciled, Declined> {
        let document = identified.attested().document();
        let fact = match document.basis.ground.case_kind() {
            Some(kind) => match self.fact(kind, &document.basis.case, identified.cases()).await {
                Ok(fact) => Some(fact),
                Err(LookupError::Refused(refusal)) => return Err(identified.decline(refusal)),
                Err(LookupError::Store(error)) => return Err(identified.decline_store(&error)),
            },
            None => None,
        };
        let entitlement = Entitlement::look_up(&self.catalogues.current(), document);
        let support = match self.supports.gather(&identified, entitlement.subject()).await {
            Ok(support) => support,
            Err(error) => return Err(identified.decline_store(&error)),
        };
        let can_notify = self.supports.can_notify;
        Ok(Reconciled::new(identified, fact, entitlement, support, can_notify, &self.commitments))
    }

    /// The last word of the case registries on a case; `None` if they know none of this kind and number.
    ///
    /// # Errors
    /// `case-unverifiable`, or that the database failed.
    pub async fn word_on(&self, kind: CaseKind, number: &CaseNumber) -> Result<Option<CaseState>, Refusal> {
        match self.fact(kind, number, &self.held(number).await).await {
            Ok(fact) => Ok(Some(fact.state)),
            Err(LookupError::Refused(refusal)) if refusal.code == Code::CaseUnverifiable => Err(refusal),
            Err(LookupError::Refused(_)) => Ok(None),
            Err(LookupError::Store(error)) => Err(store_refusal(&error)),
        }
    }

    /// The live sources that do not answer now, by code.
    pub async fn silent(&self) -> Vec<&str> {
        let looked =
            self.live.iter().map(async |(code, live)| (!live.healthy().await).then_some(code.as_str()));
        futures_util::future::join_all(looked).await.into_iter().flatten().collect()
    }

    /// The sources that speak for cases of this kind, in configured order.
    fn sources_of(&self, kind: CaseKind) -> impl Iterator<Item = &CaseSource> {
        self.sources.iter().filter(move |source| source.kinds.contains(&kind))
    }

    /// The case with this kind and number, from the first source of the kind that knows it. Every source of the kind must
    /// be able to answer, for "unknown" from half of them is not "unknown". `held` is what the replica has of the number.
    async fn fact(&self, kind: CaseKind, number: &CaseNumber, held: &Held) -> Result<CaseFact, LookupError> {
        let (mut asked, mut held) = (false, Cow::Borrowed(held));
        for source in self.sources_of(kind) {
            asked = true;
            let known = self.ask(source, number, &held).await?;
            if let Some(fact) = known.into_iter().find(|fact| fact.state.kind == kind) {
                return Ok(fact);
            }
            if source.mode != SourceMode::Replica {
                // It took its time, in which a feed may have come.
                held = Cow::Owned(self.held(number).await);
            }
        }
        match asked {
            true => Err(LookupError::Refused(self.not_on_record(kind, number, &held).await)),
            false => Err(LookupError::unverifiable(format!("No registry of {kind} cases is connected."))),
        }
    }

    /// The cases with this number that the source knows: at most one of each kind.
    async fn ask(
        &self,
        source: &CaseSource,
        number: &CaseNumber,
        held: &Held,
    ) -> Result<Vec<CaseFact>, LookupError> {
        match (&source.mode, self.live.get(&source.code)) {
            (SourceMode::Replica, _) => self.ask_replica(source, held).await,
            (SourceMode::Live { .. }, Some(live)) => {
                let answer = live.ask(number.as_str(), self.clock.now()).await;
                let answer = answer.map_err(|error| LookupError::unverifiable(error.to_string()))?;
                Ok(answer.map(|case| CaseFact::live(source, case)).into_iter().collect())
            }
            (SourceMode::Live { .. }, None) => {
                Err(LookupError::unverifiable(format!("The case registry {} is not connected.", source.code)))
            }
        }
    }

    async fn ask_replica(&self, source: &CaseSource, held: &Held) -> Result<Vec<CaseFact>, LookupError> {
        let held =
            held.as_ref().map_err(|error| LookupError::Store(StoreError::Shared(Arc::clone(error))))?;
        let known = match held.iter().find(|case| case.source.code == source.code) {
            Some(case) => Some(case.source.clone()),
            None => self.source_now(&source.code).await?,
        };
        let as_of = fresh(source, known.and_then(|source| source.as_of), self.clock.now())?;
        let of_source = held.iter().filter(|case| case.source.code == source.code);
        Ok(of_source
            .filter(|case| source.kinds.contains(&case.state.kind))
            .map(|case| CaseFact::replica(source, case.state.clone(), as_of))
            .collect())
    }

    /// What the replica has of a number now.
    async fn held(&self, number: &CaseNumber) -> Held {
        self.store.replica_cases(number.as_str()).await.map_err(Arc::new)
    }

    async fn source_now(&self, code: &str) -> Result<Option<CaseSource>, LookupError> {
        let sources = self.store.case_sources().await.map_err(LookupError::Store)?;
        Ok(sources.into_iter().find(|source| source.code == code))
    }

    /// Tells a case of another kind from no case at all. A source that cannot answer changes nothing: the case is not on record
    /// as the request says.
    async fn not_on_record(&self, kind: CaseKind, number: &CaseNumber, held: &Held) -> Refusal {
        for source in &self.sources {
            let known = self.ask(source, number, held).await.unwrap_or_default();
            if let Some(fact) = known.first() {
                let detail =
                    format!("Case {number} is a case of kind {}; the ground needs {kind}.", fact.state.kind);
                return Refusal::new(Code::CaseKindMismatch, detail);
            }
        }
        Refusal::new(Code::CaseNotFound, format!("The registry of {kind} cases knows no case {number}."))
    }
}

fn fresh(source: &CaseSource, as_of: Option<Millis>, now: Millis) -> Result<Millis, LookupError> {
    let limit = i64::from(source.max_age).saturating_mul(1000);
    match as_of {
        Some(as_of) if now.since(as_of) <= limit => Ok(as_of),
        Some(as_of) => Err(LookupError::unverifiable(format!(
            "The case registry {} last spoke for {}; its word is good for {} s.",
            source.code,
            as_of.rfc3339(),
            source.max_age
        ))),
        None => {
            Err(LookupError::unverifiable(format!("The case registry {} has not reported yet.", source.code)))
        }
    }
}
