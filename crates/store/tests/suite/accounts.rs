//! Accounts and keys.

use weighbridge_core::account::Account;
use weighbridge_core::credential::{self, Fingerprint, Key, KeyPolicy, Kind};
use weighbridge_core::id::{AccountId, KeyId};
use weighbridge_core::role::Role;
use weighbridge_core::routing::Policy;
use weighbridge_proof::Timestamp;
use weighbridge_store::keyring::NewKey;
use weighbridge_store::{Options, Store, StoreError};

use crate::stage::{open, stamp};

const NOW: Timestamp = Timestamp::from_micros(1);

async fn add(store: &Store, number: u8) -> (AccountId, KeyId, Fingerprint) {
    let account = AccountId::from_bytes([number; 16]);
    let id = KeyId::from_bytes([number; 16]);
    let text = credential::make(Kind::Bearer, [number; 32]);
    let fingerprint = Fingerprint::of(text.reveal()).unwrap();
    let name = format!("account {number}");
    let new = Account { id: account, name, level: "default".to_owned() };
    store.add_account(new, None, stamp(NOW)).await.unwrap();
    let key = Key {
        id,
        kind: Kind::Bearer,
        role: Role::Developer,
        name: None,
        trusted_headers: false,
        policy: KeyPolicy::default(),
        models: Vec::new(),
    };
    store.add_key(NewKey { key, account, fingerprint, stamp: stamp(NOW) }).await.unwrap();
    (account, id, fingerprint)
}

#[tokio::test]
async fn a_revoked_key_is_refused_from_then_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).store;
    let (account, key, fingerprint) = add(&store, 1).await;
    for _ in 0..2 {
        let principal = store.principal(fingerprint).await.unwrap().unwrap();
        assert_eq!(principal.account.id, account);
    }
    let other = Some(AccountId::from_bytes([7; 16]));
    let refused = store.revoke_key(key, other, stamp(NOW)).await;
    assert!(matches!(refused, Err(StoreError::Missing("key"))));
    assert!(store.principal(fingerprint).await.unwrap().is_some());
    store.revoke_key(key, Some(account), stamp(NOW)).await.unwrap();
    assert!(store.principal(fingerprint).await.unwrap().is_none());
    let listed = store.keys(Some(account), 10, None).await.unwrap();
    assert_eq!(listed.items[0].revoked_at, Some(NOW));
}

#[tokio::test]
async fn a_key_of_no_account_is_refused_and_harms_nobody_in_its_commit() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).store;
    let text = credential::make(Kind::Bearer, [9; 32]);
    let key = Key {
        id: KeyId::from_bytes([9; 16]),
        kind: Kind::Bearer,
        role: Role::User,
        name: None,
        trusted_headers: false,
        policy: KeyPolicy { policy: Some(Policy::Private), fixed: true },
        models: Vec::new(),
    };
    let orphan = NewKey {
        key,
        account: AccountId::from_bytes([9; 16]),
        fingerprint: Fingerprint::of(text.reveal()).unwrap(),
        stamp: stamp(NOW),
    };
    let account = Account {
        id: AccountId::from_bytes([1; 16]),
        name: "a".to_owned(),
        level: "default".to_owned(),
    };
    let (orphan, kept) =
        tokio::join!(store.add_key(orphan), store.add_account(account, None, stamp(NOW)));
    assert!(matches!(orphan, Err(StoreError::Missing("account"))));
    assert!(kept.is_ok());
}

#[tokio::test]
async fn a_renamed_account_is_seen_by_its_keys_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).store;
    let (account, _, fingerprint) = add(&store, 1).await;
    store.principal(fingerprint).await.unwrap();
    store.change_account(account, Some("new".to_owned()), None, stamp(NOW)).await.unwrap();
    assert_eq!(store.principal(fingerprint).await.unwrap().unwrap().account.name, "new");
}

#[tokio::test]
async fn a_new_administrators_key_replaces_the_one_before() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options::default()).store;
    let fingerprint =
        |byte| Fingerprint::of(credential::make(Kind::Bearer, [byte; 32]).reveal()).unwrap();
    for (byte, other) in [(1, 2), (2, 1), (1, 2)] {
        let account = AccountId::from_bytes([byte; 16]);
        let key = KeyId::new(NOW, [byte; 10]);
        store
            .set_admin_key(fingerprint(byte), account, key, [stamp(NOW), stamp(NOW)])
            .await
            .unwrap();
        let principal = store.principal(fingerprint(byte)).await.unwrap().unwrap();
        assert_eq!(principal.key.role, Role::Admin);
        assert_eq!(principal.account.name, "operator");
        assert!(store.principal(fingerprint(other)).await.unwrap().is_none());
    }
    let accounts = store.accounts(10, None).await.unwrap();
    assert_eq!(accounts.items.len(), 1);
}

#[tokio::test]
async fn there_are_no_more_accounts_than_the_limit_allows() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Options { accounts: 2, ..Options::default() }).store;
    let account = |byte| Account {
        id: AccountId::from_bytes([byte; 16]),
        name: "a".to_owned(),
        level: "default".to_owned(),
    };
    store.add_account(account(1), None, stamp(NOW)).await.unwrap();
    store.add_account(account(2), None, stamp(NOW)).await.unwrap();
    let refused = store.add_account(account(3), None, stamp(NOW)).await;
    assert!(matches!(refused, Err(StoreError::TooMany("accounts", 2))));
}
