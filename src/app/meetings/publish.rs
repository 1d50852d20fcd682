//! Publishing a meeting: its moves become proposals, all in one transaction.
//!
//! In goes a meeting; out come the proposals of the moves that still hold. Each move is priced again by today's rows, so
//! that what a manager has frozen or forbidden meanwhile, and who has left, is left out; and all together are checked.
//! Deliberately absent: planning again. What is proposed is what was agreed, or nothing in its place.

use super::{
    MeetingView, Refused, Writer, basis, business_date, for_action, fresh_version, json, kept, record, snapshot,
    views::view,
};
use crate::{
    app::propose::propose,
    domain::{
        ids::{AccountId, MeetingId, Version},
        meeting::{Meeting, MeetingAction},
        policy::Policy,
        principal::Principal,
        units::Points,
    },
    engine::{check::check_moves, market::Market, plan::Move, price::price},
    settings::Settings,
    store::market::Pool,
};

/// Proposes the moves of a meeting and ends it.
///
/// Errors: `outdated` where what the moves would do all together is no longer within everybody's limits.
pub fn publish(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: MeetingId,
    if_match: Version,
) -> Result<MeetingView, Refused> {
    let (before, state) = for_action(writer, who, id, MeetingAction::Publish, if_match)?;
    let basis = basis(writer, id)?;
    let accounts: Vec<AccountId> =
        basis.moves.iter().flat_map(|one| one.legs.iter().map(|leg| leg.account.clone())).collect();
    let date = business_date(&settings.night, writer.now());
    let mut today = snapshot(writer, Pool::Accounts(&accounts), date)?.market;
    today.ways = basis.market.ways.clone();
    let sound: Vec<Move> = basis.moves.iter().filter_map(|one| priced_today(one, &today, &basis.policy)).collect();
    let sound = check_moves(sound, &today, &basis.policy).map_err(|breaches| {
        breaches.iter().for_each(|breach| tracing::info!(%breach, "a meeting is outdated"));
        Refused::conflict(
            "outdated",
            "the reps' limits have changed since the meeting began; close it and begin another",
        )
    })?;
    let proposed = propose(writer, settings, None, sound.moves(), &today, &basis.ownerships)?;
    let after = Meeting {
        state,
        ended_at: Some(writer.now()),
        proposals: proposed.iter().map(|proposal| proposal.id).collect(),
        version: fresh_version(),
        ..before.clone()
    };
    let is_proposed = |one: &&Move| proposed.iter().any(|made| made.legs[0].account == one.legs[0].account);
    let moves: Vec<Move> = sound.moves().iter().filter(is_proposed).cloned().collect();
    kept::change(writer, &before, &after, Some(&json(&moves)))?;
    record(writer, who, "publish", &after, Some(before.state));
    Ok(view(&after, &basis.market, &moves))
}

/// A move as it would be today; nothing where it breaks a rule by now or is worth nothing.
fn priced_today(one: &Move, today: &Market, policy: &Policy) -> Option<Move> {
    let ring: Vec<&AccountId> = one.legs.iter().map(|leg| &leg.account).collect();
    price(today, policy, &ring).ok().filter(|priced| priced.points > Points::ZERO)
}
