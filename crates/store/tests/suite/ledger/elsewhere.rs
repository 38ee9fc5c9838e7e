//! Somebody else's implementation of logs: `tlog_tiles` and `signed_note`. It reads what an auditor
//! could fetch, and nothing else.

use std::cell::RefCell;
use std::collections::HashMap;

use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{
    Checkpoint, Hash, Tile, TileHashReader, TileReader, check_record, check_tree, prove_record,
    prove_tree, record_hash,
};
use weighbridge_proof::tile::Resource;
use weighbridge_store::Store;
use weighbridge_store::ledger::Head;

/// A log as an auditor sees it at one of its checkpoints.
pub(super) struct Auditor {
    size: u64,
    root: Hash,
    tiles: RefCell<HashMap<String, Vec<u8>>>,
}

impl Auditor {
    /// Checks the checkpoint's signature, and fetches every tile of the tree of that size.
    pub(super) async fn of(store: &Store, head: &Head) -> Self {
        let vkey = store.verifier().to_string();
        let verifier = StandardVerifier::new(&vkey).unwrap();
        let note = Note::from_bytes(head.note.as_bytes()).unwrap();
        let (verified, unknown) =
            note.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
        assert_eq!((verified.len(), unknown.len()), (1, 0));
        let checkpoint = Checkpoint::from_bytes(note.text()).unwrap();
        assert_eq!(checkpoint.size(), head.size);
        let mut tiles = HashMap::new();
        for tile in Tile::new_tiles(8, 0, head.size) {
            let path = tile.path().strip_prefix("tile/8/").unwrap().to_owned();
            let resource = Resource::parse(&path).unwrap();
            tiles.insert(path, store.resource(resource).await.unwrap());
        }
        Self { size: head.size, root: *checkpoint.hash(), tiles: RefCell::new(tiles) }
    }

    /// Reads every entry and holds it against the tree.
    pub(super) async fn check_entries(&self, store: &Store, looked: impl Iterator<Item = u64>) {
        let reader = TileHashReader::new(self.size, self.root, self);
        for index in looked {
            let entry = entry(store, self.size, index).await;
            let proof = prove_record(self.size, index, &reader).unwrap();
            check_record(&proof, self.size, self.root, index, record_hash(&entry)).unwrap();
        }
    }

    /// That this log begins with `older`.
    pub(super) fn check_growth_from(&self, older: &Self) {
        let reader = TileHashReader::new(self.size, self.root, self);
        let proof = prove_tree(self.size, older.size, &reader).unwrap();
        check_tree(&proof, self.size, self.root, older.size, older.root).unwrap();
    }
}

impl TileReader for Auditor {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        let path = |tile: &Tile| tile.path().strip_prefix("tile/8/").unwrap().to_owned();
        Ok(tiles.iter().map(|tile| self.tiles.borrow()[&path(tile)].clone()).collect())
    }

    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// One entry out of its bundle.
pub(super) async fn entry(store: &Store, size: u64, index: u64) -> Vec<u8> {
    let number = index / 256;
    let width = u16::try_from((size - number * 256).min(256)).unwrap();
    let bundle = store.resource(Resource::Entries { number, width }).await.unwrap();
    let mut rest = bundle.as_slice();
    let mut entries = Vec::new();
    while let Some((length, more)) = rest.split_first_chunk() {
        let (entry, more) = more.split_at(usize::from(u16::from_be_bytes(*length)));
        entries.push(entry.to_vec());
        rest = more;
    }
    assert_eq!(entries.len(), usize::from(width));
    entries.swap_remove(usize::try_from(index % 256).unwrap())
}
