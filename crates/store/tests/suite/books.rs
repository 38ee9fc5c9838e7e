//! The audit finds what does not add up, and nothing else.

use rusqlite::Connection;
use weighbridge_store::Options;
use weighbridge_store::books::audit;

use crate::money::{call, keep_prices};
use crate::stage::open;

#[tokio::test]
async fn books_that_agree_are_added_up_and_whatever_is_changed_in_them_is_found() {
    let dir = tempfile::tempdir().unwrap();
    {
        let store = open(dir.path(), Options::default()).store;
        keep_prices(&store).await;
        for number in 0..6 {
            call(&store, number, 5 + number.cast_signed() / 3, "0.000007").await;
        }
        // It may be looked at while it is in use.
        assert_eq!(audit(dir.path(), &mut |_| ()).unwrap().receipts, 6);
    }
    let found = audit(dir.path(), &mut |_| ()).unwrap();
    assert_eq!(found.differences, Vec::<String>::new());
    assert_eq!((found.receipts, found.recomputed, found.open), (6, 6, 0));
    let totals = found.totals.values().next().unwrap();
    assert_eq!(totals.charged, "0.000042".parse().unwrap());
    assert_eq!(totals.owed, totals.charged);
    for (change, names) in [
        ("UPDATE spending SET nanos = nanos - 1 WHERE day = 5", "acct_"),
        ("DELETE FROM spending WHERE day = 6", "acct_"),
        ("DELETE FROM receipts WHERE seq = 2", "acct_"),
        (
            "UPDATE receipts SET money = replace(money, '\"actual\":\"0.000007\"', \
             '\"actual\":\"0.000006\"') WHERE seq = 3",
            "M1",
        ),
        (
            "UPDATE receipts SET money = replace(money, '0.000007', '0.000008') WHERE seq = 3",
            "usage costs 0.000007",
        ),
        ("UPDATE receipts SET money = '{}' WHERE seq = 1", "cannot be read"),
    ] {
        let copy = tempfile::tempdir().unwrap();
        let file = copy.path().join("weighbridge.db");
        std::fs::copy(dir.path().join("weighbridge.db"), &file).unwrap();
        let connection = Connection::open(&file).unwrap();
        assert!(connection.execute(change, []).unwrap() > 0, "{change}");
        drop(connection);
        let found = audit(copy.path(), &mut |_| ()).unwrap();
        assert!(found.differences_found > 0, "{change}");
        assert!(found.differences.iter().any(|it| it.contains(names)), "{:?}", found.differences);
    }
    assert!(audit(&dir.path().join("nowhere"), &mut |_| ()).is_err());
}

#[tokio::test]
async fn a_changed_entry_of_the_log_is_a_difference_wherever_it_stands() {
    for (statement, words) in [
        ("UPDATE receipts SET leaf = leaf || ' ' WHERE seq = 7", "not those that were signed"),
        ("DELETE FROM receipts WHERE seq = 7", "is missing"),
        ("UPDATE head SET note = replace(note, '300', '301')", "not signed by the log's key"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let store = crate::ledger::open(dir.path());
        crate::ledger::record(&store, 0, 300).await;
        crate::ledger::grown(&store, 300).await;
        store.close().await;
        drop(store);
        let books = audit(dir.path(), &mut |_| ()).unwrap();
        assert_eq!((books.log_entries, books.differences_found), (300, 0));
        let database = rusqlite::Connection::open(dir.path().join("weighbridge.db")).unwrap();
        assert_eq!(database.execute(statement, []).unwrap(), 1);
        let books = audit(dir.path(), &mut |_| ()).unwrap();
        assert!(books.differences.iter().any(|it| it.contains(words)), "{:?}", books.differences);
    }
}
