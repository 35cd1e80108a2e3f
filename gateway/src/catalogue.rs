//! The closed catalogue of registries: what may be asked, of whom, under which act (SLS 16-1(1)¶2).
//!
//! A [`Catalogue`] is a snapshot in which everything was checked and compiled; it is replaced whole. Nothing off this list
//! can be asked, because a question is made from an entry of it.

mod depth;
mod fault;
mod listing;
mod registry;
mod schema;
mod shape;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use policy::Ground;
use serde_json::{Value, json};

pub use fault::{CatalogueError, Fault};
pub use listing::{Act, BreakerSettings, Listing, ListingState, Method, OperationClass, OperationListing};
pub use registry::{Endpoint, Operation, Registry};
pub use schema::{Breach, Schema};
pub use shape::Shape;
pub use template::{BodyTemplate, Misfit, PathTemplate, QueryTemplate, TemplateFault};

use crate::clock::Millis;
use fault::Place;

/// An immutable snapshot of all listed registries.
#[derive(Debug, Default)]
pub struct Catalogue {
    registries: BTreeMap<String, Arc<Registry>>,
}

impl Catalogue {
    /// Reads stored entries: code and JSON of each.
    ///
    /// # Errors
    /// The first fault of the first entry that has one; no part of a faulty catalogue is used.
    pub fn load<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, CatalogueError> {
        let mut listings = Vec::new();
        for (stored, text) in entries {
            let place = Place { registry: stored, operation: None };
            let listing = read(place, text)?;
            if listing.code != stored {
                let named = listing.code;
                return Err(place.fault("code", Fault::OtherCode { stored: stored.to_owned(), named }));
            }
            listings.push(listing);
        }
        Self::compile(listings)
    }

    /// Reads what an operator imports: a JSON array of listings, or one listing.
    ///
    /// # Errors
    /// The first fault; a listing whose code could not be read is named by its position, `#1` being the first.
    pub fn parse_listings(text: &str) -> Result<Vec<Listing>, CatalogueError> {
        let whole = Place { registry: "#1", operation: None };
        let unreadable = |error: serde_json::Error| whole.fault("", Fault::Unreadable(error.to_string()));
        if !text.trim_start().starts_with('[') {
            return Ok(vec![read(whole, text)?]);
        }
        let items: Vec<Box<serde_json::value::RawValue>> = serde_json::from_str(text).map_err(unreadable)?;
        let numbered = items.iter().zip(1_u32..);
        numbered
            .map(|(item, number)| {
                read(Place { registry: &format!("#{number}"), operation: None }, item.get())
            })
            .collect()
    }

    /// Checks and compiles listings.
    ///
    /// # Errors
    /// The first fault; two listings with one code or one audience are one too: a grant for the one would open the other.
    pub fn compile(listings: impl IntoIterator<Item = Listing>) -> Result<Self, CatalogueError> {
        let mut registries = BTreeMap::new();
        let mut audiences = BTreeSet::new();
        for listing in listings {
            let registry = Registry::compile(listing)?;
            let code = registry.code().to_owned();
            let place = Place { registry: &code, operation: None };
            if !audiences.insert(registry.listing().audience.clone()) {
                return Err(place.fault("audience", Fault::Twice(registry.listing().audience.clone())));
            }
            if registries.insert(code.clone(), Arc::new(registry)).is_some() {
                return Err(place.fault("code", Fault::Twice(code.clone())));
            }
        }
        Ok(Self { registries })
    }

    /// The registry with this code, in whatever state.
    #[must_use]
    pub fn registry(&self, code: &str) -> Option<&Arc<Registry>> {
        self.registries.get(code)
    }

    /// All registries by code, in whatever state.
    pub fn registries(&self) -> impl Iterator<Item = &Arc<Registry>> {
        self.registries.values()
    }

    /// Registries that may be asked at this instant: integrated, under an act in force.
    pub fn in_force(&self, at: Millis) -> impl Iterator<Item = &Arc<Registry>> {
        self.registries.values().filter(move |registry| registry.in_force(at))
    }

    /// What a caller can ask at this instant who may rely on `grounds` of a registry and its operation, for `GET /v1/registries`:
    /// `[{"code", "title", "act", "operations": [{"code", "title", "class", "parameters", "fields": {ground: […]}}]}]`.
    /// Where a registry is and how it is asked are nobody's business outside.
    #[must_use]
    pub fn offered(&self, at: Millis, grounds: impl Fn(&str, &str) -> BTreeSet<Ground>) -> Value {
        let registries = self.in_force(at).filter_map(|registry| {
            let operations: Vec<Value> = registry
                .operations()
                .filter_map(|operation| {
                    offered_operation(
                        operation,
                        &grounds(&registry.listing().code, &operation.listing().code),
                    )
                })
                .collect();
            let Listing { code, title, act, .. } = registry.listing();
            (!operations.is_empty())
                .then(|| json!({"code": code, "title": title, "act": act, "operations": operations}))
        });
        Value::Array(registries.collect())
    }
}

fn offered_operation(operation: &Operation, grounds: &BTreeSet<Ground>) -> Option<Value> {
    let listing = operation.listing();
    let fields: BTreeMap<&str, &Vec<String>> = operation
        .grounds()
        .filter(|ground| grounds.contains(ground))
        .filter_map(|ground| Some((ground.as_str(), listing.fields.get(ground.as_str())?)))
        .collect();
    (!fields.is_empty()).then(|| {
        json!({"code": listing.code, "title": listing.title, "class": listing.class,
               "parameters": listing.parameters, "fields": fields})
    })
}

fn read(place: Place<'_>, text: &str) -> Result<Listing, CatalogueError> {
    serde_json::from_str(text).map_err(|error| place.fault("", Fault::Unreadable(error.to_string())))
}
