//! What an evidence bundle proves, to someone who trusts a few public keys and nothing else.

use std::collections::BTreeSet;

use crate::bundle::{Bundle, BundleEntry, Shown};
use crate::checkpoint::SignedHead;
use crate::commitment::{RequestId, Subject};
use crate::digest::Digest;
use crate::jwk::JwkSet;
use crate::key::VerifierKey;
use crate::leaf::{Event, Leaf};
use crate::proof::verify_consistency;
use crate::quorum::Quorum;
use crate::receipt::Outcome;
use crate::receipt_check::{VerifiedReceipt, verify_receipt};
use crate::report::{Report, chain};
use crate::signature_check::{SignatureCheck, StampedBytes};
use crate::statement::Statement;
use crate::statement_check::{check_item, check_statement};

/// What the one who verifies trusts.
#[derive(Clone, Copy)]
pub struct Trust<'a> {
    /// The keys of receipts.
    pub keys: &'a JwkSet,
    /// The keys of logs.
    pub logs: &'a [VerifierKey],
    /// The witnesses, and how many must have cosigned.
    pub quorum: &'a Quorum,
    /// Verifies document signatures; without it they are reported as not proven.
    pub signatures: Option<&'a dyn SignatureCheck>,
}

impl std::fmt::Debug for Trust<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let signatures = self.signatures.is_some();
        write!(f, "Trust({:?}, {:?}, {:?}, signatures: {signatures})", self.keys, self.logs, self.quorum)
    }
}

/// An entry that was shown to be in the log.
pub(crate) struct Proven<'a> {
    pub(crate) index: u64,
    pub(crate) leaf: Leaf,
    pub(crate) entry: &'a BundleEntry,
}

/// Checks all of a bundle and says what is proven and what is not.
#[must_use]
pub fn verify_bundle(bundle: &Bundle, trust: &Trust<'_>) -> Report {
    let mut report = Report::default();
    let (proven, head) = check_entries(bundle, trust, &mut report);
    check_steps(&proven, &mut report);
    check_receipt(bundle, trust, &proven, head.as_ref(), &mut report);
    for entry in &proven {
        check_content(bundle, trust, &proven, entry, &mut report);
    }
    check_time_stamp(bundle, trust, &mut report);
    check_strangers(bundle, &mut report);
    limits(trust, &mut report);
    report
}

fn check_entries<'a>(
    bundle: &'a Bundle,
    trust: &Trust<'_>,
    report: &mut Report,
) -> (Vec<Proven<'a>>, Option<SignedHead>) {
    let (mut proven, mut common): (Vec<Proven<'a>>, Option<SignedHead>) = (Vec::new(), None);
    for entry in &bundle.entries {
        let index = entry.proof.index;
        let Some(bytes) = &entry.proof.extra else {
            report.wrong(format!("entry {index} is shown without its leaf"));
            continue;
        };
        let (leaf, checked) = (Leaf::from_bytes(bytes), entry.proof.verify(bytes, trust.logs, trust.quorum));
        let (leaf, (signed, cosignatures)) = match (leaf, checked) {
            (Ok(leaf), Ok(checked)) => (leaf, checked),
            (Err(why), _) => {
                report.wrong(format!("entry {index} is no leaf: {}", chain(&why)));
                continue;
            }
            (_, Err(why)) => {
                report.wrong(format!("entry {index} is not shown to be in the log: {}", chain(&why)));
                continue;
            }
        };
        if common.as_ref().is_some_and(|common| *common != signed) {
            report.wrong(format!("entry {index} is shown in another log or head than the entries before it"));
            continue;
        }
        report.proven(format!(
            "entry {index} of the log {}, a {} of {}, is in the log of {} entries that its key signed",
            signed.origin(),
            leaf.event.kind(),
            leaf.time,
            signed.head().size
        ));
        if common.is_none() {
            for seen in &cosignatures {
                report.proven(format!(
                    "the witness {} saw this log, at this head, as one that only grew, at second {}",
                    seen.witness, seen.time
                ));
            }
        }
        common = Some(signed);
        proven.push(Proven { index, leaf, entry });
    }
    if proven.is_empty() {
        report.wrong("no entry of a log is shown");
    }
    (proven, common)
}

/// Whether outcomes belong to the grants they are shown with, and grants have their outcome.
fn check_steps(proven: &[Proven<'_>], report: &mut Report) {
    let ended = |grant: u64| proven.iter().any(|other| other.leaf.event.grant() == Some(grant));
    for grant in proven.iter().filter(|entry| matches!(entry.leaf.event, Event::Grant(_))) {
        if !ended(grant.index) {
            let index = grant.index;
            report.missing(format!("what became of the grant in entry {index} is not shown"));
        }
    }
    for outcome in proven {
        let Some(grant) = outcome.leaf.event.grant() else { continue };
        let (kind, index) = (outcome.leaf.event.kind(), outcome.index);
        let granted = proven.iter().find(|entry| entry.index == grant);
        match granted.map(|entry| &entry.leaf) {
            None => {
                report
                    .missing(format!("the grant that entry {index} belongs to, entry {grant}, is not shown"));
            }
            Some(leaf) => match &leaf.event {
                Event::Grant(logged)
                    if Some(&logged.request) == outcome.leaf.event.request() && grant < index =>
                {
                    report.proven(format!("entry {index}, the {kind}, is the outcome of the grant in entry {grant}, which came first"));
                }
                _ => report.wrong(format!(
                    "entry {index} says it is the outcome of entry {grant}, which is not its grant"
                )),
            },
        }
    }
}

fn check_receipt(
    bundle: &Bundle,
    trust: &Trust<'_>,
    proven: &[Proven<'_>],
    head: Option<&SignedHead>,
    report: &mut Report,
) {
    let Some(jws) = &bundle.receipt else {
        // Only over content that is shown could one be made.
        let outcome = |entry: &Proven<'_>| !matches!(entry.leaf.event, Event::Grant(_) | Event::Act(_));
        return match proven
            .iter()
            .any(|entry| outcome(entry) && matches!(entry.entry.shown, Shown::Statement { .. }))
        {
            true => report.missing("the receipt is not in the bundle"),
            false => report.not_proven("a receipt: none is in the bundle"),
        };
    };
    let receipt = match verify_receipt(jws, trust.keys, trust.logs, trust.quorum) {
        Ok(receipt) => receipt,
        Err(why) => return report.wrong(format!("the receipt does not verify: {}", chain(&why))),
    };
    let ended = match receipt.outcome() {
        Outcome::Answered(digest) => {
            format!("answered, with a record whose canonical form has the digest {digest}")
        }
        Outcome::Refused(code) => format!("refused: {code}"),
        Outcome::Failed(code) => format!("granted, but failed: {code}"),
    };
    report.proven(format!("{} certified that request {} was {ended}", receipt.issuer(), receipt.id()));
    match proven.iter().find(|entry| entry.index == receipt.index()) {
        Some(entry) if entry.leaf == *receipt.leaf() => {}
        _ => report.wrong(format!(
            "the receipt is for entry {}, which is not shown here as in the receipt",
            receipt.index()
        )),
    }
    check_same_request(&receipt, proven, report);
    if let Some(head) = head {
        check_heads(bundle, receipt.head(), head, report);
    }
}

/// Every step shown must be of the receipt's request.
fn check_same_request(receipt: &VerifiedReceipt, proven: &[Proven<'_>], report: &mut Report) {
    let Ok(id) = RequestId::parse(receipt.id()) else { return };
    let expected = id.request(receipt.request());
    for entry in proven {
        if entry.leaf.event.request().is_some_and(|request| *request != expected) {
            report.wrong(format!("entry {} is of another request than the receipt", entry.index));
        }
    }
}

/// The receipt's head and that of the entries must be of one history.
fn check_heads(bundle: &Bundle, receipt: &SignedHead, entries: &SignedHead, report: &mut Report) {
    if receipt == entries {
        return;
    }
    if receipt.origin() != entries.origin() {
        return report.wrong(format!(
            "the receipt is of the log {}, not of {}",
            receipt.origin(),
            entries.origin()
        ));
    }
    let (receipt, entries) = (receipt.head(), entries.head());
    let (old, new) = if receipt.size <= entries.size { (receipt, entries) } else { (entries, receipt) };
    let one = "the log that the receipt shows and the log that the entries are shown in are one";
    match &bundle.consistency {
        None => report.missing(format!("that {one} is not shown: there is no consistency proof")),
        Some(proof) => match verify_consistency(proof, old, new) {
            Ok(()) => report.proven(format!("{one}, which grew from {} to {} entries", old.size, new.size)),
            Err(why) => report.wrong(format!("it is not so that {one}: {}", chain(&why))),
        },
    }
}

fn check_content(
    bundle: &Bundle,
    trust: &Trust<'_>,
    proven: &[Proven<'_>],
    entry: &Proven<'_>,
    report: &mut Report,
) {
    let (index, kind) = (entry.index, entry.leaf.event.kind());
    match (&entry.entry.shown, entry.leaf.event.content()) {
        (Shown::Statement { .. }, None) => {
            report.wrong(format!("entry {index} has no content, but some is shown for it"));
        }
        (Shown::Statement { bytes, salt }, Some(content)) => {
            if content.commitment.opens(salt, Subject::Content, bytes) {
                report
                    .proven(format!("the content shown of entry {index}, the {kind}, is what was recorded"));
                check_statement(bundle, trust, entry, bytes, salt, report);
            } else {
                report.wrong(format!("the content shown of entry {index} is not what was recorded"));
            }
        }
        (Shown::DestroyedBy(place), _) => check_destruction(bundle, proven, entry, *place, report),
        (Shown::Nothing, Some(_)) => {
            report
                .missing(format!("what entry {index}, the {kind}, contains is neither shown nor destroyed"));
        }
        (Shown::Nothing, None) => {}
    }
}

/// Whether the entry that is said to have destroyed the content says so itself.
fn check_destruction(
    bundle: &Bundle,
    proven: &[Proven<'_>],
    entry: &Proven<'_>,
    place: usize,
    report: &mut Report,
) {
    let index = entry.index;
    let by = bundle.entries.get(place);
    let destroyer = proven.iter().find(|other| by.is_some_and(|by| std::ptr::eq(by, other.entry)));
    let said = destroyer.and_then(|destroyer| {
        let Shown::Statement { bytes, salt } = &destroyer.entry.shown else { return None };
        let content = destroyer.leaf.event.content()?;
        let opened = content.commitment.opens(salt, Subject::Content, bytes);
        let said = opened.then(|| Statement::from_bytes(bytes).ok()).flatten()?.destroyed?;
        let is_destruction = destroyer.leaf.event.kind() == crate::leaf::Kind::Destruction;
        (is_destruction && destroyer.index > index && said.entries.contains(&index))
            .then_some((destroyer, said))
    });
    match said {
        Some((destroyer, said)) => report.proven(format!(
            "the content of entry {index} was destroyed: entry {} of {} says so, because: {}",
            destroyer.index, destroyer.leaf.time, said.reason
        )),
        None => report.wrong(format!(
            "the content of entry {index} is said to be destroyed, but no entry shown says so"
        )),
    }
}

fn check_time_stamp(bundle: &Bundle, trust: &Trust<'_>, report: &mut Report) {
    let (Some(stamp), Some(entry)) = (&bundle.time_stamp, bundle.entries.first()) else {
        return report.not_proven("when the log was as shown, by a clock of others: no time-stamp is shown");
    };
    for item in &stamp.relied_on {
        // The index alone says what these are: no commitment covers it, so it has to be what their role says.
        if item.role.media_type() != Some(item.media_type.as_str()) {
            let (role, stated) = (item.role.words(), &item.media_type);
            report.wrong(format!("the {role} of the time-stamp is listed as {stated}, which no {role} is"));
        }
        check_item(bundle, item, report);
    }
    let Some(signatures) = trust.signatures else {
        return report.not_proven("the time-stamp on the checkpoint: nothing here can verify one");
    };
    let relied_on = stamp.relied_on.iter();
    let relied_on = relied_on.filter_map(|item| Some((item.role, bundle.item(&item.digest)?))).collect();
    let stamped = entry.proof.checkpoint.body();
    match signatures.time_stamp(&StampedBytes { token: &stamp.token, stamped, relied_on }) {
        Ok(words) => report.proven(format!("the log was as shown before {words}")),
        Err(why) => report.wrong(format!("the time-stamp on the checkpoint does not verify: {why}")),
    }
}

/// A document that nothing shown names was put in by somebody else.
fn check_strangers(bundle: &Bundle, report: &mut Report) {
    let mut named: BTreeSet<Digest> = BTreeSet::new();
    for entry in &bundle.entries {
        let Shown::Statement { bytes, .. } = &entry.shown else { continue };
        let items = Statement::from_bytes(bytes).map(|statement| statement.items).unwrap_or_default();
        named.extend(items.iter().map(|item| item.digest));
    }
    named.extend(bundle.time_stamp.iter().flat_map(|stamp| &stamp.relied_on).map(|item| item.digest));
    for digest in bundle.item_digests().filter(|digest| !named.contains(digest)) {
        report.wrong(format!("the document {digest} belongs to nothing that is shown"));
    }
}

/// What no bundle proves.
fn limits(trust: &Trust<'_>, report: &mut Report) {
    if trust.quorum.needed() == 0 {
        report.not_proven("that the log shows everyone the same history: no witness was asked for");
    }
    report.not_proven("that what registries told the gateway was true, only that it was told");
    report.not_proven("the times beyond the clocks of the gateway, its witnesses and time-stamps");
}
