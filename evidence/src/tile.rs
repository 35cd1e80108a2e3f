//! Tiles and entry bundles: how the log is served (C2SP tlog-tiles).

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::node::{MAX_SIZE, NodeHash, NodeSource, stored_index};

/// Hashes in a full tile, and entries in a full bundle.
pub const WIDTH: u16 = 256;

/// Levels of the tree in one level of tiles.
const HEIGHT: u8 = 8;

/// The tile level whose single node spans 2^48 leaves; no tile is above it.
const MAX_LEVEL: u8 = 6;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Of {
    /// Hashes of this level: leaf hashes at 0, above that the roots of full tiles of the level below.
    Hashes(u8),
    /// The leaves themselves.
    Entries,
}

/// Names one tile. Text form: the path under the log's prefix, as `tile/0/x001/x234/067` or `tile/entries/000.p/17`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tile {
    of: Of,
    number: u64,
    width: u16,
}

/// A path that is not a tile's, or a tile that cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileRefused {
    /// Not of the form `tile/<L>/<N>[.p/<W>]` in its one spelling.
    #[error(
        "a tile's path is tile/<level>/<number> or tile/entries/<number>, with .p/<width> if it is not full"
    )]
    Path,
    /// Beyond what any log can have.
    #[error("no log has this tile")]
    Beyond,
    /// The tree does not have all of it yet.
    #[error("the tree does not fill this tile yet")]
    NotYet,
    /// A stored node is not there.
    #[error("stored node {0} is missing")]
    Missing(u64),
}

impl Tile {
    /// The tile of `width` hashes or entries (1 to 256) with this number at its level.
    ///
    /// # Errors
    /// [`TileRefused::Beyond`].
    pub fn new(of: Of, number: u64, width: u16) -> Result<Self, TileRefused> {
        let tile = Self { of, number, width };
        let level = tile.level();
        let in_range = (1..=WIDTH).contains(&width) && level <= MAX_LEVEL;
        // The last node must be one that a log of the greatest size has.
        let last = number.checked_mul(u64::from(WIDTH)).and_then(|first| first.checked_add(u64::from(width)));
        let exists = in_range && last.is_some_and(|last| last <= MAX_SIZE >> (level * HEIGHT));
        if exists { Ok(tile) } else { Err(TileRefused::Beyond) }
    }

    /// What it holds.
    #[must_use]
    pub const fn of(&self) -> Of {
        self.of
    }

    /// Its number within its level.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// How many hashes or entries it holds.
    #[must_use]
    pub const fn width(&self) -> u16 {
        self.width
    }

    const fn level(&self) -> u8 {
        match self.of {
            Of::Hashes(level) => level,
            Of::Entries => 0,
        }
    }

    /// The numbers of its nodes at its level; of an entry bundle, the indexes of its entries.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        let first = self.number.saturating_mul(u64::from(WIDTH));
        first..first.saturating_add(u64::from(self.width))
    }

    /// Whether a tree of `size` leaves fills it.
    #[must_use]
    pub fn is_in(&self, size: u64) -> bool {
        self.range().end <= size >> (self.level() * HEIGHT)
    }

    /// All tiles of a tree of `size` leaves, lowest level first, the partial ones in their width: what a mirror fetches.
    pub fn all(size: u64) -> impl Iterator<Item = Self> {
        let size = size.min(MAX_SIZE);
        (0..=MAX_LEVEL).flat_map(move |level| {
            let nodes = size >> (level * HEIGHT);
            let width = u16::try_from(nodes % u64::from(WIDTH)).unwrap_or_default();
            let number = nodes / u64::from(WIDTH);
            let full = (0..number).map(move |number| Self { of: Of::Hashes(level), number, width: WIDTH });
            let partial = (width > 0).then_some(Self { of: Of::Hashes(level), number, width });
            full.chain(partial)
        })
    }

    /// The stored indexes of the hashes it holds; none for an entry bundle.
    ///
    /// # Errors
    /// [`TileRefused::Beyond`].
    pub fn nodes(&self) -> Result<Vec<u64>, TileRefused> {
        let Of::Hashes(level) = self.of else { return Ok(Vec::new()) };
        let stored = |number| stored_index(level * HEIGHT, number).ok_or(TileRefused::Beyond);
        self.range().map(stored).collect()
    }

    /// The bytes of a hash tile of a tree of `size` leaves.
    ///
    /// # Errors
    /// [`TileRefused::NotYet`], [`TileRefused::Missing`].
    pub fn bytes(&self, size: u64, nodes: &(impl NodeSource + ?Sized)) -> Result<Vec<u8>, TileRefused> {
        if !self.is_in(size) {
            return Err(TileRefused::NotYet);
        }
        let mut bytes = Vec::with_capacity(usize::from(self.width) * 32);
        for stored in self.nodes()? {
            let node: NodeHash = nodes.node(stored).ok_or(TileRefused::Missing(stored))?;
            bytes.extend_from_slice(node.as_bytes());
        }
        Ok(bytes)
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of {
            Of::Hashes(level) => write!(f, "tile/{level}/")?,
            Of::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![self.number % 1000];
        let mut rest = self.number / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for (left, group) in (0..groups.len()).rev().zip(groups.iter().rev()) {
            if left > 0 { write!(f, "x{group:03}/")? } else { write!(f, "{group:03}")? }
        }
        if self.width < WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for Tile {
    type Err = TileRefused;

    fn from_str(path: &str) -> Result<Self, Self::Err> {
        let rest = path.strip_prefix("tile/").ok_or(TileRefused::Path)?;
        let (of, rest) = rest.split_once('/').ok_or(TileRefused::Path)?;
        let of = match of {
            "entries" => Of::Entries,
            level => {
                let level = crate::decimal::parse(level).and_then(|level| u8::try_from(level).ok());
                Of::Hashes(level.filter(|level| *level < 64).ok_or(TileRefused::Path)?)
            }
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => {
                let partial = |width: &u64| (1..u64::from(WIDTH)).contains(width);
                (number, crate::decimal::parse(width).filter(partial))
            }
            None => (rest, Some(u64::from(WIDTH))),
        };
        let width = width.and_then(|width| u16::try_from(width).ok()).ok_or(TileRefused::Path)?;
        let mut value: u64 = 0;
        for group in number.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            let group = digits.parse().ok().filter(|group: &u64| *group < 1000).ok_or(TileRefused::Path)?;
            value = value.checked_mul(1000).and_then(|v| v.checked_add(group)).ok_or(TileRefused::Path)?;
        }
        let tile = Self::new(of, value, width)?;
        // Every other spelling of the same tile is refused: caches and proxies must see one name for one thing.
        if tile.to_string() == path { Ok(tile) } else { Err(TileRefused::Path) }
    }
}

/// Entries that are not an entry bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleMalformed {
    /// An entry is longer than its length prefix can say.
    #[error("an entry of {0} bytes is longer than 65535")]
    TooLong(usize),
    /// The bytes end within an entry.
    #[error("the bundle ends within an entry")]
    Truncated,
    /// More than 256 entries.
    #[error("a bundle has at most {WIDTH} entries")]
    TooMany,
}

/// The bytes of an entry bundle: each entry after its length in two bytes, big-endian.
///
/// # Errors
/// [`BundleMalformed`].
pub fn write_entries<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, BundleMalformed> {
    let mut bytes = Vec::new();
    for (count, entry) in entries.into_iter().enumerate() {
        if count >= usize::from(WIDTH) {
            return Err(BundleMalformed::TooMany);
        }
        let length = u16::try_from(entry.len()).map_err(|_| BundleMalformed::TooLong(entry.len()))?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The entries of a bundle.
///
/// # Errors
/// [`BundleMalformed`].
pub fn read_entries(bundle: &[u8]) -> Result<Vec<&[u8]>, BundleMalformed> {
    let (mut entries, mut rest) = (Vec::new(), bundle);
    while !rest.is_empty() {
        if entries.len() == usize::from(WIDTH) {
            return Err(BundleMalformed::TooMany);
        }
        let (length, after) = rest.split_first_chunk::<2>().ok_or(BundleMalformed::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (entry, after) = after.split_at_checked(length).ok_or(BundleMalformed::Truncated)?;
        entries.push(entry);
        rest = after;
    }
    Ok(entries)
}
