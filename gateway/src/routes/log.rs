//! `/v1/keys` and `/v1/log/…`: what anyone needs to check a receipt (C2SP tlog-checkpoint, tlog-tiles).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use evidence::NodeHash;
use evidence::tile::{Tile, TileRefused, write_entries};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::declined::store_refusal;
use crate::entry::Head;
use crate::problem::Fault;
use crate::routes::Shared;
use crate::store::StoreError;

/// The public keys receipts verify under, as a JWK set (RFC 7517), rendered once.
#[derive(Debug)]
pub struct Keys {
    pub jwks: String,
    /// The log's key as a note verifier key (C2SP signed-note).
    pub log_vkey: String,
}

/// `GET /v1/keys`.
pub(super) async fn keys(State(shared): State<Shared>) -> Response {
    let keys: &Arc<Keys> = &shared.keys;
    ([(CONTENT_TYPE, "application/jwk-set+json")], keys.jwks.clone()).into_response()
}

/// `GET /v1/log/checkpoint`: the signed head of this node's log; if the log has witnesses, the newest that they have cosigned.
pub(super) async fn checkpoint(State(shared): State<Shared>) -> Response {
    match published(&shared).await {
        Ok(Some(head)) => {
            let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
            (headers, head.checkpoint).into_response()
        }
        Ok(None) => Fault::NotFound.into_response(),
        Err(error) => store_refusal(&error).into_response(),
    }
}

pub(super) async fn published(shared: &Shared) -> Result<Option<Head>, StoreError> {
    if shared.standing.is_asked() {
        return match shared.standing.newest() {
            Some(head) => Ok(Some((*head).clone())),
            None => shared.store.cosigned(&shared.origin).await,
        };
    }
    shared.store.head(&shared.origin).await
}

/// `GET /v1/log/tile/…`: a tile of this node's log (C2SP tlog-tiles). Tiles never change, so they may be cached for good.
pub(super) async fn tile(State(shared): State<Shared>, Path(path): Path<String>) -> Response {
    let Ok(tile) = format!("tile/{path}").parse::<Tile>() else { return Fault::NotFound.into_response() };
    match read_tile(&shared, &tile).await {
        Ok(Some(bytes)) => {
            let headers =
                [(CONTENT_TYPE, "application/octet-stream"), (CACHE_CONTROL, "max-age=31536000, immutable")];
            (headers, bytes).into_response()
        }
        Ok(None) => Fault::NotFound.into_response(),
        Err(error) => store_refusal(&error).into_response(),
    }
}

/// `None` for a tile the tree does not fill yet.
async fn read_tile(shared: &Shared, tile: &Tile) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(head) = shared.store.head(&shared.origin).await? else { return Ok(None) };
    if !tile.is_in(head.size) {
        return Ok(None);
    }
    let wanted = match tile.nodes() {
        Ok(wanted) => wanted,
        Err(_) => return Ok(None),
    };
    if wanted.is_empty() {
        return entries(shared, tile).await.map(Some);
    }
    let found = shared.store.nodes(&shared.origin, &wanted).await?;
    let nodes: BTreeMap<u64, NodeHash> =
        wanted.into_iter().zip(found.into_iter().map(NodeHash::from_bytes)).collect();
    match tile.bytes(head.size, &nodes) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(TileRefused::NotYet) => Ok(None),
        Err(error) => Err(StoreError::Corrupt(error.to_string())),
    }
}

async fn entries(shared: &Shared, tile: &Tile) -> Result<Vec<u8>, StoreError> {
    let range = tile.range();
    let count = u32::try_from(range.end.saturating_sub(range.start)).unwrap_or(u32::MAX);
    let rows = shared.store.entries(&shared.origin, range.start, count).await?;
    let corrupt = |error: evidence::tile::BundleMalformed| StoreError::Corrupt(error.to_string());
    write_entries(rows.iter().map(|row| row.leaf.as_slice())).map_err(corrupt)
}
