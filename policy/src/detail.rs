//! What a refusal tells the client: the rule's own words, with the facts that were compared.

use std::fmt::Write as _;

use crate::closed::closed_list;
use crate::facts::{ActFacts, CaseFacts, Facts};
use crate::instant::{in_words, term_in_words};

closed_list! {
    /// The facts a rule's `@detail` may show. Persons, subjects and case numbers are not among them, nor in whose production a case is
    /// that is not the signer's.
    pub(crate) enum Place ("facts a detail may show") {
        /// The instant of the decision.
        Now = "now",
        /// The ground.
        Ground = "ground",
        /// The kind of case the ground needs.
        GroundKind = "ground.kind",
        /// The kind of the body.
        Body = "body",
        /// The standing of the body.
        BodyStanding = "body.standing",
        /// The agency on the channel.
        ChannelAgency = "channel.agency",
        /// The standing of the system on the channel.
        ChannelStanding = "channel.standing",
        /// The agency the document names.
        DocumentAgency = "document.agency",
        /// The agency the signer is registered for.
        UserAgency = "user.agency",
        /// The signer's standing.
        UserStanding = "user.standing",
        /// The signer's term of office.
        UserTerm = "user.term",
        /// The signer's roles.
        UserRoles = "user.roles",
        /// The kind of the case.
        CaseKind = "case.kind",
        /// The status of the case.
        CaseStatus = "case.status",
        /// As of when the case registry spoke.
        CaseAsOf = "case.asof",
        /// How old its word may be.
        CaseMaxAge = "case.maxage",
        /// Since when a resolution stops the case.
        Stopped = "stopped",
        /// The registry.
        Registry = "registry",
        /// The state of the registry.
        RegistryState = "registry.state",
        /// The time for which the registry is listed.
        RegistryListed = "registry.listed",
        /// The operation.
        Operation = "operation",
        /// The joint act on record.
        Act = "act",
        /// The basis of the operational-search measure.
        Basis = "basis",
        /// The role of the matrix row under which the request is considered.
        Row = "row",
    }
}

/// A rule's `@detail`, taken apart once when the rule is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Detail(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(Place),
}

impl Detail {
    /// Takes a template apart; the error is the placeholder that is not on the list.
    pub(crate) fn parse(template: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some((text, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}').ok_or_else(|| after.to_owned())?;
            parts.push(Part::Text(text.to_owned()));
            parts.push(Part::Place(name.parse().map_err(|_| name.to_owned())?));
            rest = tail;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Self(parts))
    }

    /// The sentence for these facts. `role` is the role of the matrix row, if there is one.
    pub(crate) fn render(&self, facts: &Facts, role: Option<&str>) -> String {
        let mut sentence = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => sentence.push_str(text),
                Part::Place(place) => sentence.push_str(&show(*place, facts, role)),
            }
        }
        sentence
    }
}

fn show(place: Place, facts: &Facts, role: Option<&str>) -> String {
    match place {
        Place::Now => in_words(facts.now),
        Place::Ground => facts.ground.ground.to_string(),
        Place::GroundKind => {
            facts.ground.ground.case_kind().map_or("no case".to_owned(), |kind| kind.to_string())
        }
        Place::Body => facts.body.kind.to_string(),
        Place::BodyStanding => facts.body.state.to_string(),
        Place::ChannelAgency => clip(&facts.channel.agency),
        Place::ChannelStanding => facts.channel.state.to_string(),
        Place::DocumentAgency => clip(&facts.document.agency),
        Place::UserAgency => clip(&facts.user.agency),
        Place::UserStanding => facts.user.state.to_string(),
        Place::UserTerm => term_in_words(facts.user.term_from, facts.user.term_until),
        Place::UserRoles => list(&facts.user.roles),
        Place::CaseKind | Place::CaseStatus | Place::CaseAsOf | Place::CaseMaxAge => {
            facts.case.as_ref().map_or("no case".to_owned(), |case| show_case(place, case))
        }
        Place::Stopped => facts.stopped.as_ref().map_or("never".to_owned(), |stop| in_words(stop.from)),
        Place::Registry => clip(&facts.registry.code),
        Place::RegistryState => facts.registry.state.to_string(),
        Place::RegistryListed => term_in_words(facts.registry.listed_from, facts.registry.listed_until),
        Place::Operation => clip(&facts.operation.code),
        Place::Act => facts.ground.act.as_deref().map_or("none".to_owned(), show_act),
        Place::Basis => {
            facts.ground.basis.as_ref().map_or("none".to_owned(), |basis| basis.basis.to_string())
        }
        Place::Row => role.map_or("none".to_owned(), clip),
    }
}

fn show_case(place: Place, case: &CaseFacts) -> String {
    match place {
        Place::CaseKind => case.kind.to_string(),
        Place::CaseStatus => case.status.to_string(),
        Place::CaseAsOf => in_words(case.as_of),
        _ => case.max_age.to_string(),
    }
}

fn show_act(act: &ActFacts) -> String {
    format!(
        "No. {} of {}, in force {}",
        clip(&act.number),
        clip(&act.date),
        term_in_words(act.from, act.until)
    )
}

/// Longest run of characters a single fact may contribute: a detail is a sentence, not a channel for bulk.
const CLIP: usize = 64;

fn clip(text: &str) -> String {
    let mut shown: String =
        text.chars().take(CLIP).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(CLIP).is_some() {
        shown.push('…');
    }
    shown
}

fn list(items: &[String]) -> String {
    let mut shown = String::new();
    for (n, item) in items.iter().take(8).enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(shown, "{}{}", if n == 0 { "" } else { ", " }, clip(item));
    }
    if shown.is_empty() { "none".to_owned() } else { shown }
}
