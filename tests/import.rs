//! Imports, on both databases.

mod common;

use account_swap::app::{Store, StoreError};
use common::databases::databases;

#[test]
fn each_kind_of_database_is_fresh_and_takes_the_schema() {
    for database in databases() {
        let store = Store::open(&database.settings().database).expect(database.name);
        assert!(!store.has_pending_migrations().unwrap(), "{}", database.name);
        store
            .read(|reader| {
                reader.now();
                Ok::<_, StoreError>(())
            })
            .expect(database.name);
    }
}
