//! Whether a statement says what its leaf commits to, and whether its documents are shown.

use crate::bundle::Bundle;
use crate::bundle_check::{Proven, Trust};
use crate::commitment::{Commitment, RequestId, Salt, Subject};
use crate::digest::Digest;
use crate::leaf::{Act, Event, Grant, Refusal};
use crate::report::{Report, chain};
use crate::signature_check::SignedRequest;
use crate::statement::{Item, Role, Statement};

/// The commitments that the statement's parts must open, as far as the leaf has them.
#[derive(Default)]
struct Committed<'a> {
    signer: Option<&'a Commitment>,
    case: Option<&'a Commitment>,
    actor: Option<&'a Commitment>,
    policy: Option<&'a Digest>,
}

fn committed(event: &Event) -> Committed<'_> {
    match event {
        Event::Grant(Grant { signer, case, policy, .. }) => {
            Committed { signer: Some(signer), case: case.as_ref(), actor: None, policy: Some(policy) }
        }
        Event::Refusal(Refusal { signer, case, policy, .. }) => {
            Committed { signer: signer.as_ref(), case: case.as_ref(), actor: None, policy: policy.as_ref() }
        }
        Event::Act(Act { actor, case, policy, .. }) => {
            Committed { signer: None, case: case.as_ref(), actor: actor.as_ref(), policy: policy.as_ref() }
        }
        Event::Answer(_) | Event::Failure(_) | Event::Interrupted(_) => Committed::default(),
    }
}

/// Checks an opened statement against its leaf, then its documents.
pub(crate) fn check_statement(
    bundle: &Bundle,
    trust: &Trust<'_>,
    entry: &Proven<'_>,
    bytes: &[u8],
    salt: &Salt,
    report: &mut Report,
) {
    let index = entry.index;
    let statement = match Statement::from_bytes(bytes) {
        Ok(statement) => statement,
        Err(why) => {
            return report.wrong(format!("the content of entry {index} cannot be read: {}", chain(&why)));
        }
    };
    for part in contradictions(&statement, &entry.leaf.event, salt) {
        report.wrong(format!("the content of entry {index} and its leaf tell different things of {part}"));
    }
    say(&statement, index, report);
    for item in &statement.items {
        check_item(bundle, item, report);
    }
    check_signature(bundle, trust, entry, &statement, report);
}

/// The parts in which a statement differs from its leaf. Both must have a part, or neither.
fn contradictions(statement: &Statement, event: &Event, salt: &Salt) -> Vec<&'static str> {
    let leaf = committed(event);
    let opens = |commitment: Option<&Commitment>, subject, value: Option<&str>| match (commitment, value) {
        (Some(commitment), Some(value)) => commitment.opens(salt, subject, value.as_bytes()),
        (None, None) => true,
        _ => false,
    };
    let request = statement.request.as_ref();
    let id = request.and_then(|request| RequestId::parse(&request.id).ok());
    let bond = id.zip(request).map(|(id, request)| id.request(&request.digest));
    let answer = id.zip(statement.answer.as_ref()).map(|(id, answer)| id.answer(answer));
    let signer = statement.signer.as_ref().map(|signer| signer.iin.as_str());
    let case = statement.case.as_ref().map(crate::statement::StatedCase::committed);
    let mut differing = Vec::new();
    let mut compare = |part, same: bool| {
        if !same {
            differing.push(part);
        }
    };
    compare("its kind", statement.kind == event.kind().name());
    compare("the request", bond.as_ref() == event.request());
    compare("the answer", answer.as_ref() == event.answer());
    compare("the code", statement.code.as_ref() == event.code());
    // Later steps of a request speak of signer, case and policy in the grant's statement.
    if !matches!(event, Event::Answer(_) | Event::Failure(_) | Event::Interrupted(_)) {
        compare("the signer", opens(leaf.signer, Subject::Signer, signer));
        compare("the case", opens(leaf.case, Subject::Case, case.as_deref()));
        compare("the official", opens(leaf.actor, Subject::Actor, statement.actor.as_deref()));
        compare("the set of policies", statement.policy.as_ref() == leaf.policy);
    }
    differing
}

/// The statement's parts, in words.
fn say(statement: &Statement, index: u64, report: &mut Report) {
    if let Some(signer) = &statement.signer {
        report.proven(format!("entry {index} names the signer {}, of the agency {}", signer.iin, signer.bin));
    }
    if let Some(case) = &statement.case {
        report.proven(format!("entry {index} names the {} case {}", case.kind, case.number));
    }
    if let Some(actor) = &statement.actor {
        report.proven(format!("entry {index} names the official {actor}"));
    }
    for reason in &statement.reasons {
        report.proven(format!("entry {index} gives the reason: {reason}"));
    }
    for (name, fact) in &statement.facts {
        report.proven(format!("entry {index} relied on {name}: {fact}"));
    }
    if let Some(policy) = &statement.policy {
        report.proven(format!("entry {index} was decided under the set of policies {policy}"));
    }
}

pub(crate) fn check_item(bundle: &Bundle, item: &Item, report: &mut Report) {
    let what = format!("the {} ({})", item.role.words(), item.media_type);
    match (bundle.item(&item.digest), bundle.has_item(&item.digest)) {
        (Some(bytes), _) => report.proven(format!("{what} of {} bytes is the one recorded", bytes.len())),
        (None, true) => report.wrong(format!("{what} shown is not the one recorded")),
        (None, false) => {
            report.missing(format!("{what} with the digest {} is not shown", item.digest));
        }
    }
}

/// The signature on the request, by whoever can verify one.
fn check_signature(
    bundle: &Bundle,
    trust: &Trust<'_>,
    entry: &Proven<'_>,
    statement: &Statement,
    report: &mut Report,
) {
    let mut signed = statement.items.iter().filter(|item| item.role == Role::SignedRequest);
    let (Some(item), None) = (signed.next(), signed.next()) else {
        if statement.items.iter().any(|item| item.role == Role::SignedRequest) {
            report.wrong("the content names two signed requests");
        }
        return;
    };
    let Some(bytes) = bundle.item(&item.digest) else { return };
    let Some(signatures) = trust.signatures else {
        return report.not_proven("the signature on the request: nothing here can verify one");
    };
    let relied_on = statement.items.iter().filter(|other| other.role != Role::SignedRequest);
    let relied_on = relied_on.filter_map(|other| Some((other.role, bundle.item(&other.digest)?))).collect();
    let request = SignedRequest { media_type: &item.media_type, bytes, relied_on, at: entry.leaf.time };
    let signatory = match signatures.signed_request(&request) {
        Ok(signatory) => signatory,
        // A refused request may have been refused for this very signature.
        Err(why) if matches!(entry.leaf.event, Event::Refusal(_)) => {
            return report.not_proven(format!("the signature on the refused request: {why}"));
        }
        Err(why) => return report.wrong(format!("the signature on the request does not verify: {why}")),
    };
    let digest = Digest::of(&signatory.content);
    if statement.request.as_ref().is_none_or(|request| request.digest != digest) {
        return report.wrong(format!("the document that was signed, {digest}, is not the one recorded"));
    }
    if statement.signer.as_ref().is_some_and(|signer| signer.iin != signatory.iin) {
        return report
            .wrong(format!("the document was signed by {}, not by the signer recorded", signatory.iin));
    }
    report.proven(format!("{} signed the request document {digest}", signatory.iin));
    for words in signatory.words {
        report.proven(words);
    }
}
