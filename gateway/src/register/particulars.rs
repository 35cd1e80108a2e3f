//! What the register takes from a request besides what its entry shows.

use std::borrow::Cow;
use std::sync::Arc;

use certs::Iin;
use policy::Ground;
use serde_json::Value;

use super::members::Members;
use super::{Key, Keyring, Track};
use crate::document::is_code;
use crate::registries::Catalogues;

/// By what a request is found: keyed commitments and codes, nobody's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Particulars {
    pub track: Track,
    pub officer: Option<Key>,
    pub subject: Option<Key>,
    pub case: Option<Key>,
    pub registry: Option<String>,
    pub operation: Option<String>,
}

/// Takes down the particulars of requests: as they are entered, or from what the journal keeps of them.
#[derive(Clone, Debug)]
pub struct Clerk {
    keyring: Keyring,
    catalogues: Arc<Catalogues>,
}

impl Clerk {
    #[must_use]
    pub fn new(keyring: Keyring, catalogues: Arc<Catalogues>) -> Self {
        Self { keyring, catalogues }
    }

    /// Of what is entered: the verified signer, kind and number of the case it rests on, and the document, if it is kept.
    #[must_use]
    pub fn particulars(
        &self,
        signer: Option<&Iin>,
        case: Option<(&str, &str)>,
        document: Option<&[u8]>,
    ) -> Particulars {
        let mut particulars = Particulars {
            officer: signer.map(|iin| self.keyring.officer(iin)),
            case: case.map(|(kind, number)| self.keyring.case(kind, number)),
            ..Particulars::default()
        };
        if let Some(document) = document {
            self.read(&mut particulars, document);
        }
        particulars
    }

    /// What the document says, as far as it can be read: also a refused one tells whom somebody tried to ask about.
    fn read(&self, particulars: &mut Particulars, document: &[u8]) {
        let Ok(document) = serde_json::from_slice::<Members<'_>>(document) else { return };
        let code = |name| document.text(name).filter(|code| is_code(code)).map(Cow::into_owned);
        particulars.registry = code("registry");
        particulars.operation = code("operation");
        let basis = document.members("basis");
        let basis = |name| basis.as_ref()?.text(name);
        if let Some(ground) = basis("ground").and_then(|ground| ground.parse::<Ground>().ok()) {
            particulars.track = Track::of(ground);
            let number = basis("case");
            let case = number.map(|number| self.keyring.case(ground.as_str(), &number));
            particulars.case = particulars.case.or(case);
        }
        let catalogue = self.catalogues.current();
        let registry = particulars.registry.as_deref().and_then(|code| catalogue.registry(code));
        let operation =
            registry.zip(particulars.operation.as_deref()).and_then(|(it, code)| it.operation(code));
        let named = operation.and_then(|operation| operation.listing().subject.as_deref());
        let subject = named.and_then(|name| document.members("parameters")?.value(name));
        particulars.subject = subject.map(|value| match value {
            Value::String(text) => self.keyring.subject(&text),
            other => self.keyring.subject(&other.to_string()),
        });
    }
}
