//! Notices to prosecutors (OI 12(7)): written in the transaction of what they tell, delivered at least once.
//!
//! A notice names the request and the clock, and no person: who may read more finds it by the request's id.

mod mail;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use uuid::Uuid;

use crate::clock::{Clock, Millis};
use crate::config;
use crate::destruction::Destruction;
use crate::store::{Store, StoreError};
use crate::telemetry::metrics;
use crate::upstream::Upstream;
use crate::urgent::Running;

pub use mail::{Mail, MailError};
pub use webhook::{Webhook, WebhookError};

/// How often a node looks for notices that are due.
const EVERY: Duration = Duration::from_millis(300);
/// Every so many looks a node also says how long the oldest notice waits.
const SAID: u32 = 10;
/// Seconds until a notice that was not delivered is tried again.
const AGAIN: i64 = 5;

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub id: Uuid,
    /// JSON.
    pub body: String,
    pub made: Millis,
}

impl Notice {
    /// A measure began before its sanction.
    #[must_use]
    pub fn begun(request: Uuid, agency: &str, decided: Millis, deadline: Millis, made: Millis) -> Self {
        Self::of("urgent-measure-begun", request, agency, decided, deadline, made)
    }

    /// The sanction of a measure did not come in time: what was granted on it is flagged.
    #[must_use]
    pub fn unsanctioned(running: &Running, made: Millis) -> Self {
        let Running { request, agency, decided, deadline, .. } = running;
        Self::of("urgent-measure-unsanctioned", *request, agency, *decided, *deadline, made)
    }

    /// Operational material is to be destroyed; the case is named to those alone who may see it (OI 5(5), 14(3)).
    #[must_use]
    pub fn destruction(destruction: &Destruction, agency: &str, not_before: Millis) -> Self {
        let made = destruction.asked_at;
        let body = json!({
            "notice": destruction.id,
            "what": "operational-material-to-be-destroyed",
            "clause": "OI 5(5)",
            "destruction": destruction.id,
            "agency": agency,
            "not-before": not_before.rfc3339(),
            "made": made.rfc3339(),
        });
        Self { id: destruction.id, body: body.to_string(), made }
    }

    fn of(what: &str, request: Uuid, agency: &str, decided: Millis, deadline: Millis, made: Millis) -> Self {
        let id = Uuid::new_v4();
        let body = json!({
            "notice": id,
            "what": what,
            "clause": "OI 12(7)",
            "request": request,
            "agency": agency,
            "decided": decided.rfc3339(),
            "sanction-due": deadline.rfc3339(),
            "made": made.rfc3339(),
        });
        Self { id, body: body.to_string(), made }
    }
}

/// By which ways a notice was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub webhook: bool,
    pub mail: bool,
}

impl Told {
    /// As kept: 1 the webhook, 2 e-mail.
    #[must_use]
    pub const fn bits(self) -> i16 {
        self.webhook as i16 | (self.mail as i16) << 1
    }

    /// Reads what [`Self::bits`] gave.
    #[must_use]
    pub const fn of_bits(bits: i16) -> Self {
        Self { webhook: bits & 1 != 0, mail: bits & 2 != 0 }
    }
}

/// A notice that is due, and by which ways it went before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub notice: Notice,
    pub told: Told,
}

/// Where notices go.
#[derive(Debug, Default)]
pub struct Drivers {
    webhook: Option<Webhook>,
    mail: Option<Mail>,
}

/// Why a notice could not be delivered; it stays due.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    #[error("the webhook did not take it")]
    Webhook(#[from] WebhookError),
    #[error("the mail relay did not take it")]
    Mail(#[from] MailError),
}

impl Drivers {
    /// The drivers that are configured.
    ///
    /// # Errors
    /// [`WebhookError::Address`], [`MailError::Address`] for what cannot be an address.
    pub fn new(settings: &config::Notify, upstream: &Upstream) -> Result<Self, DeliveryError> {
        let webhook = settings.webhook.as_deref().map(|url| Webhook::new(url, upstream)).transpose()?;
        let mail = settings.mail.as_ref().map(Mail::new).transpose()?;
        Ok(Self { webhook, mail })
    }

    /// Whether a prosecutor can be told at all. Where nobody can, nothing begins before its sanction.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.webhook.is_some() || self.mail.is_some()
    }

    /// Tells by every way that has not told yet, side by side: the one that fails neither stops the other nor has it told again.
    async fn deliver(&self, due: &Due) -> Told {
        let Due { notice, told } = due;
        let webhook = self.webhook.as_ref().map(|way| way.deliver(notice));
        let mail = self.mail.as_ref().map(|way| way.deliver(notice));
        let (webhook, mail) = tokio::join!(
            by(("webhook", webhook), told.webhook, notice),
            by(("mail", mail), told.mail, notice)
        );
        Told { webhook, mail }
    }

    /// Whether everybody who is to be told was.
    const fn all(&self, told: Told) -> bool {
        (told.webhook || self.webhook.is_none()) && (told.mail || self.mail.is_none())
    }
}

/// Whether a notice was told by one way: before, or now.
async fn by<E>(
    (name, way): (&'static str, Option<impl Future<Output = Result<(), E>>>),
    before: bool,
    notice: &Notice,
) -> bool
where
    DeliveryError: From<E>,
{
    let Some(delivering) = way.filter(|_| !before) else { return before };
    let delivered = delivering.await.map_err(DeliveryError::from);
    metrics::notice(name, delivered.is_ok());
    match delivered {
        Ok(()) => true,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(notice = %notice.id, error, "a notice was not delivered; it is tried again");
            false
        }
    }
}

/// Delivers what is due, as long as the node runs.
pub async fn watch(drivers: Arc<Drivers>, store: Arc<dyn Store>, clock: Arc<dyn Clock>, origin: String) {
    if !drivers.any() {
        return;
    }
    for look in (0..SAID).cycle() {
        tokio::time::sleep(EVERY).await;
        let mut looked = deliver(&drivers, &*store, &*clock, &origin).await;
        if look == 0 && looked.is_ok() {
            looked = say_how_long_one_waits(&*store, &*clock).await;
        }
        if let Err(error) = looked {
            tracing::error!(error = &error as &dyn std::error::Error, "the outbox cannot be read");
        }
    }
}

async fn say_how_long_one_waits(store: &dyn Store, clock: &dyn Clock) -> Result<(), StoreError> {
    let oldest = store.oldest_notice().await?;
    metrics::notice_waits(oldest.map_or(0, |made| clock.now().since(made).max(0) / 1000));
    Ok(())
}

async fn deliver(
    drivers: &Drivers,
    store: &dyn Store,
    clock: &dyn Clock,
    origin: &str,
) -> Result<(), StoreError> {
    let now = clock.now();
    let due = store.take_notices(origin, now, now.plus_seconds(AGAIN)).await?;
    // Side by side: one that waits for a service that does not answer holds up no other.
    let telling = due.iter().map(|due| tell(drivers, store, clock, due));
    futures_util::future::join_all(telling).await;
    Ok(())
}

async fn tell(drivers: &Drivers, store: &dyn Store, clock: &dyn Clock, due: &Due) {
    let told = drivers.deliver(due).await;
    let all = drivers.all(told).then(|| clock.now());
    if told == due.told && all.is_none() {
        return;
    }
    // Told but not kept, it is told twice: its id tells the receiver.
    if let Err(error) = store.notice_told(&due.notice.id, told, all).await {
        tracing::error!(error = &error as &dyn std::error::Error, "the outbox cannot be written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_is_kept_apart() {
        for bits in 0..4 {
            assert_eq!(Told::of_bits(bits).bits(), bits);
        }
        assert_eq!(Told { webhook: false, mail: true }.bits(), 2);
    }
}
