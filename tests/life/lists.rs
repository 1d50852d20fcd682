//! A list in pages holds everything that is whose it is asked of, once and in order, and nothing else.
//!
//! In goes a database with a history; pages of the store's lists are put together and held against everything there is. Deliberately
//! absent: who may ask for whose, which `authorisation` and each list's own tests hold.

use super::{fixture::id, indices::fill};
use crate::common::databases::databases;
use account_swap::{
    app::Store,
    domain::{
        ids::{RepId, TeamId},
        proposal::ProposalState,
    },
    store::{Of, Reader, StoreError, audit, proposals, roster, submissions},
};

/// All pages of a list.
fn all<T, K>(
    mut page: impl FnMut(Option<K>, i64) -> Result<Vec<T>, StoreError>,
    key: impl Fn(&T) -> K,
) -> Result<Vec<T>, StoreError> {
    let mut found: Vec<T> = Vec::new();
    loop {
        let next = page(found.last().map(&key), 7)?;
        assert!(next.len() <= 7);
        if next.is_empty() {
            return Ok(found);
        }
        found.extend(next);
    }
}

/// Every list of some reps, and what it should be.
fn held_against_everything(reader: &mut Reader<'_>, of: Of<'_>, whose: &[RepId]) -> Result<[usize; 5], StoreError> {
    let is_theirs = |rep: &RepId| whose.contains(rep);

    let accounts =
        all(|after, limit| roster::accounts_of(reader, of, after.as_ref(), limit), |one| one.account.id.clone())?;
    let mut expected = roster::accounts_of(reader, Of::Anybody, None, i64::MAX)?;
    expected.retain(|one| is_theirs(&one.account.owner));
    assert_eq!(accounts, expected, "{of:?}");

    let made = all(|after, limit| submissions::list(reader, of, after, limit), |one| one.id)?;
    let mut expected = submissions::list(reader, Of::Anybody, None, i64::MAX)?;
    expected.retain(|one| is_theirs(&one.rep));
    assert_eq!(made, expected, "{of:?}");

    let logged =
        all(|after, limit| audit::entries(reader, Some(whose), after.unwrap_or_default(), limit), |entry| entry.seq)?;
    let mut expected = audit::entries(reader, None, 0, i64::MAX)?;
    expected.retain(|entry| whose.iter().any(|rep| rep.as_str() == entry.actor_id));
    assert_eq!(logged, expected, "{of:?}");

    let mut sizes = [accounts.len(), made.len(), logged.len(), 0, 0];
    let some_states = &[ProposalState::Proposed, ProposalState::Completed][..];
    for (states, size) in [(&[][..], 3), (some_states, 4)] {
        let listed = all(|after, limit| proposals::list(reader, of, states, after, limit), |one| one.id)?;
        let mut expected = proposals::list(reader, Of::Anybody, states, None, i64::MAX)?;
        expected.retain(|one| one.legs.iter().any(|leg| is_theirs(&leg.from)));
        assert_eq!(listed, expected, "{of:?}");
        sizes[size] = listed.len();
    }
    Ok(sizes)
}

#[test]
fn pages_put_together_are_everything_of_theirs_once_and_in_order() {
    for database in databases() {
        fill::Filled::fill(&database.url, fill::Size { reps: 40, accounts_a_rep: 10, past_proposals: 300 });
        let store = Store::open(&database.settings().database).unwrap();
        let reps = |numbers: std::ops::Range<u32>| numbers.map(|number| id(&format!("R-{number}"))).collect::<Vec<_>>();
        let teams: [TeamId; 2] = [id("T-0"), id("T-2")];
        let two_teams = [reps(0..10), reps(20..30)].concat();
        let [one, team, both, none] = store
            .read(|reader| {
                let rep = id("R-3");
                Ok::<_, StoreError>([
                    held_against_everything(reader, Of::Rep(&rep), std::slice::from_ref(&rep))?,
                    held_against_everything(reader, Of::Teams(&teams[..1]), &two_teams[..10])?,
                    held_against_everything(reader, Of::Teams(&teams), &two_teams)?,
                    held_against_everything(reader, Of::Teams(&[]), &[])?,
                ])
            })
            .unwrap();
        assert_eq!(none, [0; 5]);
        for (fewer, more) in [(none, one), (one, team), (team, both)] {
            assert!(
                fewer.iter().zip(more).all(|(fewer, more)| *fewer < more),
                "{fewer:?} {more:?} on {}",
                database.name
            );
        }
    }
}

#[test]
fn nobody_who_reads_is_told_a_time_before_a_change_they_can_see() {
    for database in databases() {
        let store = Store::open(&database.settings().database).unwrap();
        for _ in 0..200 {
            let changed_at = store.write(|writer| Ok::<_, StoreError>(writer.now())).unwrap();
            let read_at = store.read(|reader| Ok::<_, StoreError>(reader.now())).unwrap();
            assert!(read_at >= changed_at, "{read_at} after {changed_at} on {}", database.name);
        }
    }
}
