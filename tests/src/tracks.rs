//! `tracks.json`: who works on the grounds that joint acts open, named as the manifest names the others.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::channel::Reply;
use crate::country::{CMS, Country};
use crate::document::{bytes, seconds_from_now};
use crate::manifest::{Agency, Officer};
use crate::sign::Hand;

/// What the demonstration has beyond the contract's manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tracks {
    pub agencies: Vec<Agency>,
    pub officers: Vec<Officer>,
    pub debtor: Option<String>,
    pub signatories: Signatories,
    pub questions: Vec<Offered>,
}

/// Officers by code: who signs for the prosecutor and for the body.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Signatories {
    pub prosecutor: String,
    pub head: String,
}

/// A question that the demonstration names.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offered {
    pub ground: String,
    pub officer: String,
    pub case: String,
    pub registry: String,
    pub operation: String,
    pub parameters: Value,
    pub measure: Option<Value>,
    #[serde(default)]
    pub needs: Vec<String>,
}

/// A question on one ground.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub officer: &'a str,
    pub ground: &'a str,
    pub case: &'a str,
    pub registry: &'a str,
    pub operation: &'a str,
    pub iin: &'a str,
}

impl Tracks {
    /// Reads the file of a country.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn of(country: &Country) -> Self {
        let bytes = std::fs::read(country.path("tracks.json")).expect("tracks.json");
        serde_json::from_slice(&bytes).expect("tracks")
    }

    /// An officer, of these or of the manifest.
    ///
    /// # Panics
    /// When there is none with this code.
    #[must_use]
    pub fn officer<'a>(&'a self, country: &'a Country, code: &str) -> &'a Officer {
        let all = self.officers.iter().chain(&country.manifest.officers);
        all.into_iter().find(|officer| officer.code == code).expect("an officer")
    }

    /// An agency, of these or of the manifest.
    ///
    /// # Panics
    /// When there is none with this code.
    #[must_use]
    pub fn agency<'a>(&'a self, country: &'a Country, code: &str) -> &'a Agency {
        let all = self.agencies.iter().chain(&country.manifest.agencies);
        all.into_iter().find(|agency| agency.code == code).expect("an agency")
    }

    /// A document that lacks nothing but what the ground may ask besides.
    #[must_use]
    pub fn document(&self, country: &Country, question: &Question<'_>) -> Value {
        let officer = self.officer(country, question.officer);
        json!({
            "version": 1,
            "id": Uuid::new_v4().to_string(),
            "issued": seconds_from_now(0),
            "agency": self.agency(country, &officer.agency).bin,
            "registry": question.registry,
            "operation": question.operation,
            "parameters": { "iin": question.iin },
            "basis": {
                "ground": question.ground,
                "case": question.case,
                "circumstances": "Report of 20.11.2026 names the person in connection with the material",
            },
            "purpose": "Establish what the material needs",
        })
    }

    /// Signs and sends through the officer's own agency, to a node.
    ///
    /// # Panics
    /// When no answer came.
    #[must_use]
    pub fn ask_at(&self, country: &Country, exchange: &str, officer: &str, document: &Value) -> Reply {
        let officer = self.officer(country, officer);
        let channel = country.channel(self.agency(country, &officer.agency));
        let body = Hand::of(&country.directory, officer).cms(&bytes(document));
        channel.call(exchange, Method::POST, "/v1/requests", Some(CMS), body).expect("an answer")
    }

    /// The same at the country's own gateway.
    #[must_use]
    pub fn ask(&self, country: &Country, officer: &str, document: &Value) -> Reply {
        self.ask_at(country, &country.manifest.exchange, officer, document)
    }
}
