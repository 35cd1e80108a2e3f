//! A client of the console listener: what an official's program does.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{ClientError, DEADLINE, MAX_ANSWER, Reply, line, read_text};
use crate::upstream::{Limits, Line};

/// Which console, and whose credential.
#[derive(Clone, Debug)]
pub struct ConsolePlace {
    pub console: String,
    pub tls_ca: PathBuf,
    pub tls_cert: PathBuf,
    pub tls_key: PathBuf,
}

impl ConsolePlace {
    /// Takes the credential of a capacity from a demonstration's directory: `security`, `auditor`, …
    ///
    /// # Errors
    /// When it has none, or is not a demonstration's.
    pub fn of_demo(dir: &Path, capacity: &str) -> Result<Self, ClientError> {
        let path = dir.join("manifest.json");
        let expected = "a demonstration's manifest";
        let form = || ClientError::Form { path: path.clone(), expected };
        let manifest: Value = serde_json::from_str(&read_text(&path)?).map_err(|_| form())?;
        let all = manifest.get("consoles").and_then(Value::as_array);
        let found = all.and_then(|all| all.iter().find(|entry| entry["capacity"] == capacity));
        let entry = found.ok_or(ClientError::Unknown {
            what: "console user in the capacity",
            name: capacity.to_owned(),
        })?;
        let text = |entry: &Value, key: &str| {
            entry.get(key).and_then(Value::as_str).map(str::to_owned).ok_or_else(form)
        };
        Ok(Self {
            console: text(&manifest, "console")?,
            tls_ca: dir.join(text(&manifest, "tls_ca")?),
            tls_cert: dir.join(text(entry, "cert")?),
            tls_key: dir.join(text(entry, "key")?),
        })
    }
}

/// A connection to a console.
#[derive(Debug)]
pub struct ConsoleClient {
    line: Line,
    console: String,
}

impl ConsoleClient {
    /// # Errors
    /// When a file cannot be read or does not hold what it should.
    pub fn new(place: &ConsolePlace) -> Result<Self, ClientError> {
        let line = line(&place.console, &place.tls_ca, &place.tls_cert, &place.tls_key)?;
        Ok(Self { line, console: place.console.trim_end_matches('/').to_owned() })
    }

    /// GET of `path` with a query.
    ///
    /// # Errors
    /// When the console cannot be reached or does not answer in JSON.
    pub async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Reply, ClientError> {
        let bytes = self.fetch(Method::GET, path, query, Bytes::new()).await?;
        Self::json(bytes)
    }

    /// POST of a JSON value.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Reply, ClientError> {
        let fetched = self.fetch(Method::POST, path, &[], Bytes::from(body.to_string())).await?;
        Self::json(fetched)
    }

    /// GET of what is not JSON.
    ///
    /// # Errors
    /// When the console cannot be reached.
    pub async fn get_bytes(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<(http::StatusCode, Bytes), ClientError> {
        self.fetch(Method::GET, path, query, Bytes::new()).await
    }

    async fn fetch(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Bytes,
    ) -> Result<(http::StatusCode, Bytes), ClientError> {
        let pairs: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let mark = if pairs.is_empty() { "" } else { "?" };
        let uri = format!("{}{path}{mark}{}", self.console, pairs.join("&"));
        let json = "application/json";
        let request = Request::builder().method(method).uri(uri).header(http::header::CONTENT_TYPE, json);
        let limits = Limits { deadline: DEADLINE, max_bytes: MAX_ANSWER };
        let fetched = self.line.fetch(request.body(Full::new(body))?, limits).await?;
        Ok((fetched.status, fetched.body))
    }

    fn json((status, body): (http::StatusCode, Bytes)) -> Result<Reply, ClientError> {
        Ok(Reply { status, body: serde_json::from_slice(&body).map_err(ClientError::Answer)? })
    }
}
