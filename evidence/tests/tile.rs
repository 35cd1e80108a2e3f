//! Tiles and entry bundles after C2SP tlog-tiles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use evidence::tile::{BundleMalformed, Of, TileRefused, read_entries, write_entries};
use evidence::{NodeHash, Tile, Tree};

fn stored(size: u64) -> Vec<NodeHash> {
    let leaves: Vec<_> = (0..size).map(|n| NodeHash::of_leaf(&n.to_be_bytes())).collect();
    Tree::new().append(&leaves).unwrap().nodes().iter().map(|(_, node)| *node).collect()
}

#[test]
fn paths_are_those_of_the_specification() {
    // "index 1234067 will be encoded as x001/x234/067"
    let tile = Tile::new(Of::Hashes(0), 1_234_067, 256).unwrap();
    assert_eq!(tile.to_string(), "tile/0/x001/x234/067");
    let partial = Tile::new(Of::Entries, 273, 112).unwrap();
    assert_eq!(partial.to_string(), "tile/entries/273.p/112");
    for tile in
        [tile, partial, Tile::new(Of::Hashes(2), 0, 1).unwrap(), Tile::new(Of::Hashes(1), 1000, 255).unwrap()]
    {
        assert_eq!(tile.to_string().parse(), Ok(tile));
    }
}

#[test]
fn refuses_other_spellings_of_a_path() {
    for path in [
        "tile/0/67",
        "tile/0/0067",
        "tile/0/x000/067",
        "tile/0/x001/x067",
        "tile/0/001/067",
        "tile/00/067",
        "tile/0/067.p/0",
        "tile/0/067.p/256",
        "tile/0/067.p/017",
        "tile/0/067.p/+1",
        "tile/0/067/",
        "tile/0/+67",
        "tile/64/000",
        "tile/x/000",
        "tile/data/000",
        "/tile/0/000",
        "tile/0/000.p/1.p/1",
        "tile/0/",
        "tile/0",
        "tile/0/x001/x234/06７",
        "",
    ] {
        assert_eq!(path.parse::<Tile>(), Err(TileRefused::Path), "{path}");
    }
    assert_eq!("tile/7/000".parse::<Tile>(), Err(TileRefused::Beyond));
    let endless = format!("tile/0/{}067", "x999/".repeat(40));
    assert!(endless.parse::<Tile>().is_err());
}

#[test]
fn a_tree_of_70000_has_the_tiles_of_the_specification() {
    let tiles: Vec<_> = Tile::all(70_000).collect();
    let count =
        |level, width| tiles.iter().filter(|t| t.of() == Of::Hashes(level) && t.width() == width).count();
    assert_eq!(tiles.len(), 273 + 1 + 1 + 1 + 1);
    assert_eq!((count(0, 256), count(0, 112), count(1, 256), count(1, 17), count(2, 1)), (273, 1, 1, 1, 1));
    let of_256: Vec<_> = Tile::all(256).map(|tile| tile.to_string()).collect();
    assert_eq!(of_256, ["tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(Tile::all(0).count(), 0);
}

#[test]
fn a_level_above_holds_the_roots_of_full_tiles() {
    let nodes = stored(600);
    let root_of = |first: u64| {
        let leaves: Vec<_> = (first..first + 256).map(|n| NodeHash::of_leaf(&n.to_be_bytes())).collect();
        Tree::new().append(&leaves).unwrap().head().root
    };
    let upper = Tile::new(Of::Hashes(1), 0, 2).unwrap().bytes(600, &nodes).unwrap();
    assert_eq!(upper, [*root_of(0).as_bytes(), *root_of(256).as_bytes()].concat());
    let lower = Tile::new(Of::Hashes(0), 2, 88).unwrap().bytes(600, &nodes).unwrap();
    assert_eq!(lower.len(), 88 * 32);
    assert_eq!(lower[..32], *NodeHash::of_leaf(&512_u64.to_be_bytes()).as_bytes());
}

#[test]
fn only_what_the_tree_fills_is_served() {
    let nodes = stored(600);
    assert_eq!(Tile::new(Of::Hashes(0), 2, 89).unwrap().bytes(600, &nodes), Err(TileRefused::NotYet));
    assert_eq!(Tile::new(Of::Hashes(1), 0, 3).unwrap().bytes(600, &nodes), Err(TileRefused::NotYet));
    let partial = Tile::new(Of::Hashes(0), 2, 88).unwrap();
    assert!(matches!(partial.bytes(600, &nodes[..1100]), Err(TileRefused::Missing(_))));
}

#[test]
fn entries_follow_their_lengths() {
    let long = vec![7; 65_535];
    let entries: [&[u8]; 3] = [b"", b"abc", &long];
    let bundle = write_entries(entries).unwrap();
    assert_eq!(bundle[..7], [0, 0, 0, 3, b'a', b'b', b'c']);
    assert_eq!(read_entries(&bundle).unwrap(), entries);
    assert_eq!(read_entries(&bundle[..bundle.len() - 1]), Err(BundleMalformed::Truncated));
    assert_eq!(read_entries(&[0]), Err(BundleMalformed::Truncated));
    let longer = vec![7; 65_536];
    assert_eq!(write_entries([longer.as_slice()]), Err(BundleMalformed::TooLong(65_536)));
    assert_eq!(write_entries(vec![b"".as_slice(); 257]), Err(BundleMalformed::TooMany));
    assert_eq!(read_entries(&[0; 514]), Err(BundleMalformed::TooMany));
}
