//! A registry and its operations with everything in their listing checked and compiled.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::Uri;
use policy::Ground;
use rustls_pki_types::ServerName;

use super::fault::{CatalogueError, Fault, Place};
use super::listing::{Listing, ListingState, Method, OperationListing};
use super::schema::Schema;
use super::shape::Shape;
use super::template::{BodyTemplate, PathTemplate, QueryTemplate, TemplateFault};
use crate::clock::Millis;

/// A registry that can be asked, should its act be in force.
#[derive(Debug)]
pub struct Registry {
    listing: Listing,
    endpoint: Endpoint,
    server_name: ServerName<'static>,
    operations: BTreeMap<String, Arc<Operation>>,
}

/// Where a registry is: `https://authority` and the path everything begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub authority: String,
    /// Empty, or `/base` without a slash at the end.
    pub base: String,
}

/// A question a registry answers, compiled.
#[derive(Debug)]
pub struct Operation {
    listing: OperationListing,
    pub(crate) path: PathTemplate,
    pub(crate) query: QueryTemplate,
    pub(crate) body: Option<BodyTemplate>,
    pub(crate) parameters: Schema,
    pub(crate) answer: Option<Schema>,
    pub(crate) absent: Option<Schema>,
    /// What each ground lets out; `None` for an operation whose answer is not JSON and so cannot be cut.
    cuts: BTreeMap<Ground, Option<Arc<Shape>>>,
}

impl Registry {
    /// Checks everything in a listing.
    ///
    /// # Errors
    /// The first fault, with registry, operation and field.
    pub fn compile(listing: Listing) -> Result<Self, CatalogueError> {
        let place = Place { registry: &listing.code, operation: None };
        place.code("code", &listing.code)?;
        place.text("title", &listing.title)?;
        place.text("audience", &listing.audience)?;
        check_act(place, &listing)?;
        place.range("concurrency", listing.concurrency, 1, 10_000)?;
        place.range("breaker.failures", listing.breaker.failures, 1, 1_000)?;
        place.range("breaker.open-seconds", listing.breaker.open_seconds, 1, 3_600)?;
        let endpoint =
            Endpoint::parse(&listing.endpoint).ok_or_else(|| place.fault("endpoint", Fault::Endpoint))?;
        let server_name = ServerName::try_from(listing.server_name.clone())
            .map_err(|_| place.fault("server-name", Fault::ServerName))?;
        if listing.operations.is_empty() {
            return Err(place.fault("operations", Fault::None));
        }
        let mut operations = BTreeMap::new();
        for operation in &listing.operations {
            let place = Place { operation: Some(&operation.code), ..place };
            let compiled = Arc::new(Operation::compile(place, operation)?);
            if operations.insert(operation.code.clone(), compiled).is_some() {
                return Err(place.fault("code", Fault::Twice(operation.code.clone())));
            }
        }
        Ok(Self { listing, endpoint, server_name, operations })
    }

    /// The words this registry was made from.
    #[must_use]
    pub fn listing(&self) -> &Listing {
        &self.listing
    }

    /// Short name used in requests.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.listing.code
    }

    /// Where it is.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The name its certificate must carry.
    #[must_use]
    pub fn server_name(&self) -> &ServerName<'static> {
        &self.server_name
    }

    /// Whether it may be asked at this instant: integrated, under an act in force (SLS 16-1(1)¶2).
    #[must_use]
    pub fn in_force(&self, at: Millis) -> bool {
        self.listing.state == ListingState::Integrated && self.listing.act.in_force(at)
    }

    /// The operation with this code.
    #[must_use]
    pub fn operation(&self, code: &str) -> Option<&Arc<Operation>> {
        self.operations.get(code)
    }

    /// All operations by code.
    pub fn operations(&self) -> impl Iterator<Item = &Arc<Operation>> {
        self.operations.values()
    }
}

fn check_act(place: Place<'_>, listing: &Listing) -> Result<(), CatalogueError> {
    let act = &listing.act;
    place.text("act.title", &act.title)?;
    place.text("act.number", &act.number)?;
    if act.valid_from < act.date {
        let fault = Fault::BeforeAct { date: act.date.to_string(), from: act.valid_from.to_string() };
        return Err(place.fault("act.valid-from", fault));
    }
    match act.valid_until {
        Some(until) if until < act.valid_from => {
            let fault = Fault::Dates { from: act.valid_from.to_string(), until: until.to_string() };
            Err(place.fault("act.valid-until", fault))
        }
        _ => Ok(()),
    }
}

impl Endpoint {
    /// The host without port and brackets, as a certificate names it.
    #[must_use]
    pub fn host(&self) -> &str {
        let host =
            self.authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        let host = host.map_or(self.authority.as_str(), |(host, _)| host);
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// Reads an https address: no user, no query, no fragment, no slash at the end.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let authority = uri.authority()?;
        let whole =
            uri.scheme_str() == Some("https") && !text.contains(['#', '?', '@']) && !text.ends_with('/');
        if !whole || authority.host().is_empty() {
            return None;
        }
        let base = if uri.path() == "/" { String::new() } else { uri.path().to_owned() };
        let climbs = base.split('/').skip(1).any(|segment| matches!(segment, "" | "." | ".."));
        (!climbs).then(|| Self { authority: authority.to_string(), base })
    }
}

impl Operation {
    fn compile(place: Place<'_>, listing: &OperationListing) -> Result<Self, CatalogueError> {
        place.code("code", &listing.code)?;
        place.text("title", &listing.title)?;
        place.range("timeout-ms", listing.timeout_ms, 1, 60_000)?;
        place.range("max-bytes", listing.max_bytes, 1, 16 * 1024 * 1024)?;
        let schema = |field: &str, fault: String| place.fault(field, Fault::Schema(fault));
        let parameters =
            Schema::of_parameters(&listing.parameters).map_err(|fault| schema("parameters", fault))?;
        let compiled = |field: &str, text: &Option<_>| {
            text.as_ref().map(|text| Schema::compile(text).map_err(|fault| schema(field, fault))).transpose()
        };
        let answer = compiled("answer", &listing.answer)?;
        let absent = compiled("absent", &listing.absent)?;
        check_media_types(place, listing)?;
        let path = PathTemplate::parse(&listing.path).map_err(|fault| place.fault("path", fault))?;
        let query = QueryTemplate::parse(&listing.query).map_err(|fault| place.fault("query", fault))?;
        let body = listing.body.as_ref().map(BodyTemplate::parse).transpose();
        let body = body.map_err(|fault| place.fault("body", fault))?;
        if body.is_some() != (listing.method == Method::Post) {
            return Err(place.fault("body", Fault::Body));
        }
        let cuts = cuts(place, listing)?;
        let operation =
            Self { listing: listing.clone(), path, query, body, parameters, answer, absent, cuts };
        operation.check_placeholders(place)?;
        Ok(operation)
    }

    /// Every placeholder is a declared parameter fit for its place, and every parameter reaches the question: one that
    /// did not would make an officer believe that it narrowed the answer.
    fn check_placeholders(&self, place: Place<'_>) -> Result<(), CatalogueError> {
        let mut used = BTreeSet::new();
        let places = self.path.parameters().map(|name| ("path", name, true, true));
        let places = places.chain(self.query.parameters().map(|name| ("query", name, false, true)));
        let body = self.body.iter().flat_map(BodyTemplate::parameters);
        let places = places.chain(body.map(|(name, optional)| ("body", name, !optional, false)));
        for (field, name, required, scalar) in places {
            let fault = |fault: fn(String) -> TemplateFault| place.fault(field, fault(name.to_owned()));
            let declared = self.parameters.properties().find(|(declared, _)| *declared == name);
            let Some((_, schema)) = declared else { return Err(fault(TemplateFault::Undeclared)) };
            if required && !self.parameters.requires(name) {
                return Err(fault(TemplateFault::Optional));
            }
            let kind = schema.get("type").and_then(serde_json::Value::as_str);
            if scalar && !matches!(kind, Some("string" | "integer" | "boolean")) {
                return Err(fault(TemplateFault::NotScalar));
            }
            used.insert(name);
        }
        if let Some((unused, _)) = self.parameters.properties().find(|(name, _)| !used.contains(name)) {
            return Err(place.fault("parameters", Fault::Unused(unused.to_owned())));
        }
        match &self.listing.subject {
            Some(subject) if !used.contains(subject.as_str()) => {
                Err(place.fault("subject", TemplateFault::Undeclared(subject.clone())))
            }
            _ => Ok(()),
        }
    }

    /// The words this operation was made from.
    #[must_use]
    pub fn listing(&self) -> &OperationListing {
        &self.listing
    }

    /// Short name used in requests.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.listing.code
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn parameters(&self) -> &Schema {
        &self.parameters
    }

    /// Whether this ground lets anything out (SLS 16-3(1)).
    #[must_use]
    pub fn permits(&self, ground: Ground) -> bool {
        self.cuts.contains_key(&ground)
    }

    /// The grounds that let anything out.
    pub fn grounds(&self) -> impl Iterator<Item = Ground> {
        self.cuts.keys().copied()
    }

    /// The part of a JSON answer this ground lets out; `None` if it lets out nothing, or only what cannot be cut.
    #[must_use]
    pub fn cut(&self, ground: Ground) -> Option<&Arc<Shape>> {
        self.cuts.get(&ground)?.as_ref()
    }

    /// Whether a question on this ground may be answered in a media type other than JSON.
    #[must_use]
    pub fn answers_in(&self, media_type: &str, ground: Ground) -> bool {
        self.permits(ground)
            && self.listing.media_types.iter().any(|listed| listed.eq_ignore_ascii_case(media_type))
    }
}

fn check_media_types(place: Place<'_>, listing: &OperationListing) -> Result<(), CatalogueError> {
    if listing.answer.is_none() && listing.media_types.is_empty() {
        return Err(place.fault("answer", Fault::NoAnswer));
    }
    for media_type in &listing.media_types {
        let (kind, subtype) = media_type.split_once('/').unwrap_or_default();
        let token = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.+".contains(&b))
        };
        if !token(kind) || !token(subtype) || subtype == "json" || subtype.ends_with("+json") {
            return Err(place.fault("media-types", Fault::MediaType(media_type.clone())));
        }
    }
    Ok(())
}

fn cuts(
    place: Place<'_>,
    listing: &OperationListing,
) -> Result<BTreeMap<Ground, Option<Arc<Shape>>>, CatalogueError> {
    if listing.fields.is_empty() {
        return Err(place.fault("fields", Fault::None));
    }
    let declared = listing.answer.as_ref().map(Shape::declared).transpose();
    let declared = declared.map_err(|fault| place.fault("answer", Fault::Schema(fault)))?;
    let mut cuts = BTreeMap::new();
    for (name, fields) in &listing.fields {
        let field = format!("fields.{name}");
        let ground: Ground = name.parse().map_err(|_| place.fault("fields", Fault::Ground(name.clone())))?;
        if fields.is_empty() {
            return Err(place.fault(field, Fault::None));
        }
        if !listing.media_types.is_empty() && !fields.iter().all(|field| field == "*") {
            return Err(place.fault(field, Fault::Uncuttable));
        }
        let cut = declared.as_ref().map(|shape| shape.cut(fields.iter().map(String::as_str))).transpose();
        let cut = cut.map_err(|path| place.fault(field, Fault::Field(path.to_owned())))?;
        cuts.insert(ground, cut.map(Arc::new));
    }
    Ok(cuts)
}
