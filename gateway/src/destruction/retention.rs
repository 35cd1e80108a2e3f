//! Retention clocks: they start when a case ends, give notice before they run out, and then destroy (OI 5(5)).

use evidence::leaf::ActKind;
use serde_json::json;
use uuid::Uuid;

use super::{Cause, Destroyer, Destruction, DestructionError};
use crate::clock::Millis;
use crate::config::Retention;
use crate::declined::About;
use crate::journal::Acted;
use crate::store::custody::RetentionClock;

const DAY: i64 = 86_400;
/// Who confirms what a clock asks for: the rule that the operator configured.
const BY_RULE: &str = "retention rule in force";

impl Destroyer {
    /// Starts, stops and reads the clocks of every rule.
    ///
    /// # Errors
    /// [`DestructionError`]; the clocks stand where they stood.
    pub async fn keep_time(&self) -> Result<(), DestructionError> {
        for rule in &self.rules {
            let (kind, now) = (rule.kind.as_str(), self.clock.now());
            self.custody.run_clocks(kind, now).await?;
            let notice = now.plus_seconds(-DAY.saturating_mul(i64::from(rule.notice_from())));
            for clock in self.custody.clocks_unnoticed(kind, notice).await? {
                self.give_notice(rule, &clock, now).await?;
            }
            let ended = now.plus_seconds(-DAY.saturating_mul(i64::from(rule.days.get())));
            let noticed = now.plus_seconds(-DAY.saturating_mul(i64::from(rule.notice_days)));
            for clock in self.custody.clocks_ended(kind, ended, noticed).await? {
                self.custody.ask(&self.at_the_end(rule, &clock, now)).await?;
            }
        }
        self.keep_terminated(self.clock.now()).await
    }

    /// The notice is an entry of the log and of the stream, so that it reaches whom the law wants told (OI 5(5)).
    async fn give_notice(
        &self,
        rule: &Retention,
        clock: &RetentionClock,
        now: Millis,
    ) -> Result<(), DestructionError> {
        let end = clock.started_at.plus_seconds(DAY.saturating_mul(i64::from(rule.days.get())));
        let due = end.max(now.plus_seconds(DAY.saturating_mul(i64::from(rule.notice_days))));
        let acted = Acted { kind: ActKind::Notice, code: "retention-ending", actor: None, destroyed: None };
        let case = json!({ "kind": clock.kind, "number": clock.number });
        let about = About {
            facts: [("case", case), ("due", json!(due.rfc3339()))].into(),
            reasons: vec![format!("what is kept of this case is destroyed at {} (OI 5(5))", due.rfc3339())],
            ..About::default()
        };
        self.exchange.journal.act(acted, about).await.map_err(DestructionError::Journal)?;
        Ok(self.custody.notice(clock, now).await?)
    }

    fn at_the_end(&self, rule: &Retention, clock: &RetentionClock, now: Millis) -> Destruction {
        Destruction {
            id: Uuid::new_v4(),
            case_ref: self.keyring.case_ref(&clock.kind, &clock.number),
            kind: clock.kind.clone(),
            number: clock.number.clone(),
            cause: Cause::RetentionEnded,
            reason: format!("{} days after the case ended", rule.days),
            asked_by: "retention clock".to_owned(),
            asked_at: now,
            confirmed: Some((BY_RULE.to_owned(), now)),
        }
    }
}
