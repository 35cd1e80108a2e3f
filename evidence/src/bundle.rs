//! Evidence bundles: one file with all that shows what happened to one request.
//!
//! The file is an [`Archive`] with an index, `bundle.json`. The index only says what is where; nothing is believed because the
//! index says it. See `docs/evidence/bundle.md`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::archive::{Archive, ArchiveRefused};
use crate::commitment::Salt;
use crate::digest::Digest;
use crate::node::NodeHash;
use crate::proof::MAX_PROOF;
use crate::statement::Item;
use crate::tlog_proof::TlogProof;

/// The media type, and the content of the archive's first file.
pub const MEDIA_TYPE: &str = "application/vnd.negiz.evidence+zip";

/// The version of the index.
pub const VERSION: u32 = 1;

/// More entries than one request leads to; a bundle with more is refused.
pub const MAX_ENTRIES: usize = 64;

const MIMETYPE: &str = "mimetype";
const INDEX: &str = "bundle.json";
const RECEIPT: &str = "receipt.jws";
const CONSISTENCY: &str = "log/consistency";
const TIME_STAMP: &str = "log/checkpoint.tsr";
const ITEM: &str = "item/";

/// `bundle.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    version: u32,
    entries: Vec<IndexEntry>,
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "time-stamp")]
    time_stamp: Option<IndexStamp>,
}

/// The time-stamp in `bundle.json`; the token has its fixed place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct IndexStamp {
    relied_on: Vec<Item>,
}

/// One entry in `bundle.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct IndexEntry {
    /// The path of the tlog-proof, with the leaf as its extra data.
    proof: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    statement: Option<String>,
    /// The salt in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    /// The place in this list of the entry that destroyed the content of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    destroyed_by: Option<usize>,
}

/// What a bundle shows of an entry's content.
#[derive(Debug, Clone)]
pub enum Shown {
    /// The statement and the salt that opens the leaf's commitments.
    Statement {
        /// The statement's exact bytes.
        bytes: Vec<u8>,
        /// The entry's salt.
        salt: Salt,
    },
    /// Nothing: it was destroyed, as the entry at this place in the bundle says.
    DestroyedBy(usize),
    /// Nothing: it has none, or it is withheld.
    Nothing,
}

/// One entry of a bundle.
#[derive(Debug)]
pub struct BundleEntry {
    /// Its proof, with the leaf as extra data.
    pub proof: TlogProof,
    /// What is shown of its content.
    pub shown: Shown,
}

/// An RFC 3161 time-stamp over the text of the entries' checkpoint ([`crate::Checkpoint::body`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleStamp {
    /// The token (DER).
    pub token: Vec<u8>,
    /// Certificates, lists and answers that say who made it: documents of the bundle.
    pub relied_on: Vec<Item>,
}

/// A bundle: put together by the gateway, or read from bytes that anyone may have made.
#[derive(Debug, Default)]
pub struct Bundle {
    /// The receipt, as the agency got it.
    pub receipt: Option<String>,
    /// The entries of the log, the grant or refusal first.
    pub entries: Vec<BundleEntry>,
    /// The consistency proof between the receipt's checkpoint and that of the entries, if they differ.
    pub consistency: Option<Vec<NodeHash>>,
    /// A time-stamp over the entries' checkpoint.
    pub time_stamp: Option<BundleStamp>,
    items: Archive,
}

/// Bytes that are not a bundle, or parts that make none.
#[derive(Debug, thiserror::Error)]
pub enum BundleRefused {
    /// The container.
    #[error("the file is not an archive of the known form")]
    Archive(#[source] ArchiveRefused),
    /// Another kind of archive.
    #[error("the archive is not an evidence bundle")]
    MediaType,
    /// `bundle.json` is missing or not of the known form.
    #[error("the index of the bundle cannot be read")]
    Index,
    /// Another version.
    #[error("bundle version {0} is not {VERSION}")]
    Version(u32),
    /// More than [`MAX_ENTRIES`].
    #[error("a bundle has at most {MAX_ENTRIES} entries")]
    TooMany,
    /// A file the index names is missing or malformed.
    #[error("{0} is missing or cannot be read")]
    File(String),
    /// A file that belongs to no part of a bundle.
    #[error("{0} belongs to no part of a bundle")]
    Stranger(String),
}

fn item_path(digest: &Digest) -> String {
    format!("{ITEM}{}", URL_SAFE_NO_PAD.encode(digest.as_bytes()))
}

fn item_digest(name: &str) -> Option<Digest> {
    let bytes: Vec<u8> = URL_SAFE_NO_PAD.decode(name).ok()?;
    Some(Digest::from_bytes(bytes.try_into().ok()?))
}

impl Bundle {
    /// A bundle without anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a document in, to be found by its digest.
    ///
    /// # Errors
    /// [`BundleRefused::Archive`].
    pub fn put_item(&mut self, bytes: Vec<u8>) -> Result<Digest, BundleRefused> {
        let digest = Digest::of(&bytes);
        self.items.put(&item_path(&digest), bytes).map_err(BundleRefused::Archive)?;
        Ok(digest)
    }

    /// The document with this digest, if it is here and unchanged.
    #[must_use]
    pub fn item(&self, digest: &Digest) -> Option<&[u8]> {
        self.items.get(&item_path(digest)).filter(|bytes| Digest::of(bytes) == *digest)
    }

    /// Whether a file claims to be the document with this digest.
    #[must_use]
    pub fn has_item(&self, digest: &Digest) -> bool {
        self.items.get(&item_path(digest)).is_some()
    }

    /// What the documents here claim to be the ones of.
    pub fn item_digests(&self) -> impl Iterator<Item = Digest> {
        self.items.names().filter_map(|name| item_digest(name.strip_prefix(ITEM)?))
    }

    /// The bundle's bytes: the same parts make the same bytes.
    ///
    /// # Errors
    /// [`BundleRefused::Archive`] if it grows too large, [`BundleRefused::TooMany`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, BundleRefused> {
        if self.entries.len() > MAX_ENTRIES {
            return Err(BundleRefused::TooMany);
        }
        let mut archive = self.items.clone();
        let mut put =
            |name: &str, bytes: &[u8]| archive.put(name, bytes.to_vec()).map_err(BundleRefused::Archive);
        put(MIMETYPE, MEDIA_TYPE.as_bytes())?;
        let relied_on = self.time_stamp.as_ref().map(|stamp| stamp.relied_on.clone());
        let time_stamp = relied_on.map(|relied_on| IndexStamp { relied_on });
        let mut index = Index { version: VERSION, entries: Vec::new(), time_stamp };
        for (at, entry) in self.entries.iter().enumerate() {
            let proof = format!("log/{at}.tlog-proof");
            put(&proof, entry.proof.to_string().as_bytes())?;
            let mut listed = IndexEntry { proof, statement: None, salt: None, destroyed_by: None };
            match &entry.shown {
                Shown::Statement { bytes, salt } => {
                    let path = format!("statement/{at}.json");
                    put(&path, bytes)?;
                    listed.statement = Some(path);
                    listed.salt = Some(URL_SAFE_NO_PAD.encode(salt.expose()));
                }
                Shown::DestroyedBy(place) => listed.destroyed_by = Some(*place),
                Shown::Nothing => {}
            }
            index.entries.push(listed);
        }
        put(INDEX, &serde_json::to_vec_pretty(&index).map_err(|_| BundleRefused::Index)?)?;
        if let Some(receipt) = &self.receipt {
            put(RECEIPT, receipt.as_bytes())?;
        }
        if let Some(hashes) = &self.consistency {
            put(CONSISTENCY, hashes.iter().map(|hash| format!("{hash}\n")).collect::<String>().as_bytes())?;
        }
        if let Some(stamp) = &self.time_stamp {
            put(TIME_STAMP, &stamp.token)?;
        }
        archive.to_bytes(MIMETYPE).map_err(BundleRefused::Archive)
    }

    /// Reads a bundle: its form only. [`crate::bundle_check::verify_bundle`] tells what it proves.
    ///
    /// # Errors
    /// [`BundleRefused`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BundleRefused> {
        let archive = Archive::from_bytes(bytes).map_err(BundleRefused::Archive)?;
        if archive.get(MIMETYPE) != Some(MEDIA_TYPE.as_bytes()) {
            return Err(BundleRefused::MediaType);
        }
        let index = archive.get(INDEX).ok_or(BundleRefused::Index)?;
        let index: Index = serde_json::from_slice(index).map_err(|_| BundleRefused::Index)?;
        if index.version != VERSION {
            return Err(BundleRefused::Version(index.version));
        }
        if index.entries.len() > MAX_ENTRIES {
            return Err(BundleRefused::TooMany);
        }
        let entries = index.entries.iter().map(|listed| read_entry(&archive, listed));
        let entries = entries.collect::<Result<Vec<_>, _>>()?;
        let receipt = archive.get(RECEIPT).map(|_| text(&archive, RECEIPT)).transpose()?;
        let consistency = archive.get(CONSISTENCY).map(|_| read_hashes(&archive)).transpose()?;
        let time_stamp = index.time_stamp.as_ref().map(|stamp| read_stamp(&archive, stamp)).transpose()?;
        let mut items = Archive::new();
        for name in archive.names().filter(|name| name.starts_with(ITEM)) {
            if let Some(bytes) = archive.get(name) {
                items.put(name, bytes.to_vec()).map_err(BundleRefused::Archive)?;
            }
        }
        let mut strangers = archive.names().filter(|name| !belongs(name, &index));
        if let Some(stranger) = strangers.next() {
            return Err(BundleRefused::Stranger(stranger.to_owned()));
        }
        Ok(Self { receipt: receipt.map(str::to_owned), entries, consistency, time_stamp, items })
    }
}

/// Whether a file has a place in a bundle with this index.
fn belongs(name: &str, index: &Index) -> bool {
    let of_entry = |entry: &IndexEntry| entry.proof == name || entry.statement.as_deref() == Some(name);
    matches!(name, MIMETYPE | INDEX | RECEIPT | CONSISTENCY)
        || (name == TIME_STAMP && index.time_stamp.is_some())
        || name.strip_prefix(ITEM).is_some_and(|name| item_digest(name).is_some())
        || index.entries.iter().any(of_entry)
}

fn read_stamp(archive: &Archive, listed: &IndexStamp) -> Result<BundleStamp, BundleRefused> {
    let token = archive.get(TIME_STAMP).ok_or_else(|| BundleRefused::File(TIME_STAMP.to_owned()))?;
    Ok(BundleStamp { token: token.to_vec(), relied_on: listed.relied_on.clone() })
}

fn text<'a>(archive: &'a Archive, path: &str) -> Result<&'a str, BundleRefused> {
    let bytes = archive.get(path).and_then(|bytes| std::str::from_utf8(bytes).ok());
    bytes.ok_or_else(|| BundleRefused::File(path.to_owned()))
}

fn read_entry(archive: &Archive, listed: &IndexEntry) -> Result<BundleEntry, BundleRefused> {
    let proof = TlogProof::parse(text(archive, &listed.proof)?)
        .map_err(|_| BundleRefused::File(listed.proof.clone()))?;
    let shown = match (&listed.statement, &listed.salt, listed.destroyed_by) {
        (Some(path), Some(salt), None) => {
            let bytes = archive.get(path).ok_or_else(|| BundleRefused::File(path.clone()))?.to_vec();
            let salt = URL_SAFE_NO_PAD.decode(salt).ok().and_then(|salt| salt.try_into().ok());
            Shown::Statement { bytes, salt: Salt::from_bytes(salt.ok_or(BundleRefused::Index)?) }
        }
        (None, None, Some(place)) => Shown::DestroyedBy(place),
        (None, None, None) => Shown::Nothing,
        _ => return Err(BundleRefused::Index),
    };
    Ok(BundleEntry { proof, shown })
}

fn read_hashes(archive: &Archive) -> Result<Vec<NodeHash>, BundleRefused> {
    let refused = || BundleRefused::File(CONSISTENCY.to_owned());
    let lines = text(archive, CONSISTENCY)?;
    if lines.lines().count() > MAX_PROOF {
        return Err(refused());
    }
    lines.lines().map(|line| NodeHash::from_base64(line).ok_or_else(refused)).collect()
}
