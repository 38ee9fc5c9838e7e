//! A process that ends between any two steps of the log leaves a log that only ever grew.

use weighbridge_store::Store;
use weighbridge_store::ledger::Step;

use super::elsewhere::Auditor;
use super::{grown, open, open_cut, record};

/// The size that the database says was signed last.
fn committed(dir: &std::path::Path) -> u64 {
    let database = rusqlite::Connection::open(dir.join("weighbridge.db")).unwrap();
    database.query_row("SELECT size FROM head", [], |row| row.get::<_, i64>(0)).unwrap() as u64
}

async fn stop(store: Store) {
    store.close().await;
    drop(store);
}

#[tokio::test]
async fn the_log_goes_on_after_an_end_between_any_two_steps() {
    for cut in [Step::Signed, Step::Committed, Step::Tiled, Step::Filed] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        record(&store, 0, 300).await;
        let head = grown(&store, 300).await;
        let before = Auditor::of(&store, &head).await;
        stop(store).await;

        // It ends at that step while 300 more are numbered, which fills a tile.
        let store = open_cut(dir.path(), cut);
        record(&store, 300, 300).await;
        stop(store).await;
        let in_database = committed(dir.path());
        assert_eq!(in_database > 300, cut != Step::Signed, "{cut:?}");

        let store = open(dir.path());
        record(&store, 600, 5).await;
        let head = grown(&store, 605).await;
        let after = Auditor::of(&store, &head).await;
        after.check_growth_from(&before);
        after.check_entries(&store, 0..605).await;
    }
}
