//! The demonstration's duty prosecutor: a service that takes notices of urgent measures (OI 12(7)) and shows them.
//!
//! Each notice is a line of `DIR/notices.jsonl`, as the gateway sent it; `GET /notices` gives them all. One that is sent twice, as
//! at-least-once delivery may, is kept once: its id tells.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::Value;

use crate::demo::home::Home;

/// The file, in the demonstration's directory.
pub const FILE: &str = "notices.jsonl";
/// Longest notice taken.
const MAX_BYTES: usize = 16 * 1024;

/// Who is told.
#[derive(Debug)]
pub struct Duty {
    file: PathBuf,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    ids: BTreeSet<String>,
    notices: Vec<Value>,
}

impl Duty {
    /// Goes on with the notices of earlier runs.
    #[must_use]
    pub fn of(home: &Home) -> Self {
        let mut told = Told::default();
        let kept = home.read_text(FILE).unwrap_or_default();
        for notice in kept.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            told.add(notice);
        }
        Self { file: home.path(FILE), told: Mutex::new(told) }
    }

    /// `/notices`.
    pub fn router(self: Arc<Self>) -> Router {
        Router::new().route("/notices", get(show).post(take)).with_state(self)
    }

    /// Written before it is acknowledged: what the gateway counts as delivered is here.
    fn take(&self, notice: Value) -> std::io::Result<()> {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{notice}\n");
        if told.add(notice) {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.file)?;
            file.write_all(line.as_bytes())?;
        }
        Ok(())
    }
}

impl Told {
    /// Whether it is a new one.
    fn add(&mut self, notice: Value) -> bool {
        let id = notice.get("notice").and_then(Value::as_str).unwrap_or_default().to_owned();
        let new = self.ids.insert(id);
        if new {
            self.notices.push(notice);
        }
        new
    }
}

async fn show(State(duty): State<Arc<Duty>>) -> Json<Vec<Value>> {
    Json(duty.told.lock().unwrap_or_else(PoisonError::into_inner).notices.clone())
}

async fn take(State(duty): State<Arc<Duty>>, body: Bytes) -> Response {
    let notice = (body.len() <= MAX_BYTES).then(|| serde_json::from_slice::<Value>(&body).ok()).flatten();
    match notice.filter(Value::is_object).map(|notice| duty.take(notice)) {
        Some(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Some(Err(_)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}
