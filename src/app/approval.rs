//! Whose approval a proposal needs: who fills each manager's seat today, and who is still missing.
//!
//! In goes a proposal; out come its seats as the roster has them at this moment. Holds: nobody has a seat who gets an
//! account in it; where a manager is a party, or away, the next above them who is neither stands in, however far up.
//! Deliberately absent: the rules, which are the domain's, and which of them fitted, which the proposal says.

use super::{Reader, Refused};
use crate::{
    domain::{
        approval::{Needs, Seat, missing},
        ids::RepId,
        principal::Role,
        proposal::Proposal,
    },
    store::{decisions, people, roster},
};
use std::collections::{BTreeMap, BTreeSet};

/// Who manages whom and who of them is at work today, each looked up once: proposals that are looked at together are of the
/// same few people.
#[derive(Default)]
pub(super) struct Hierarchy {
    managers: BTreeMap<RepId, Option<RepId>>,
    present: BTreeMap<RepId, bool>,
}

impl Hierarchy {
    /// The managers of the givers of some proposals, looked up at once.
    pub(super) fn above_givers(reader: &mut Reader<'_>, proposals: &[Proposal]) -> Result<Self, Refused> {
        let givers: BTreeSet<&RepId> = proposals.iter().flat_map(|one| one.legs.iter().map(|leg| &leg.from)).collect();
        let givers: Vec<&RepId> = givers.into_iter().collect();
        let mut found = roster::managers_of(reader, &givers)?;
        let managers = givers.into_iter().map(|giver| (giver.clone(), found.remove(giver))).collect();
        Ok(Self { managers, present: BTreeMap::new() })
    }

    fn manager_of(&mut self, reader: &mut Reader<'_>, rep: &RepId) -> Result<Option<RepId>, Refused> {
        if let Some(known) = self.managers.get(rep) {
            return Ok(known.clone());
        }
        let manager = roster::manager_of(reader, rep)?;
        self.managers.insert(rep.clone(), manager.clone());
        Ok(manager)
    }

    fn is_present(&mut self, reader: &mut Reader<'_>, manager: &RepId) -> Result<bool, Refused> {
        if let Some(known) = self.present.get(manager) {
            return Ok(*known);
        }
        let is_present = is_at_work(reader, manager)?;
        self.present.insert(manager.clone(), is_present);
        Ok(is_present)
    }

    /// The seats whose approval a proposal needs: one for each manager of a giver, and for two people that of the next above
    /// where all are one manager's. Empty where a giver has no manager: then nobody can approve it and it lapses.
    fn seats(&mut self, reader: &mut Reader<'_>, proposal: &Proposal) -> Result<Vec<Seat>, Refused> {
        let mut seats: Vec<Seat> = Vec::new();
        for leg in &proposal.legs {
            let Some(manager) = self.manager_of(reader, &leg.from)? else { return Ok(Vec::new()) };
            if seats.iter().all(|seat| seat.of != manager) {
                seats.push(self.seat(reader, proposal, manager)?);
            }
        }
        if let (Needs::TwoPeople, [only]) = (proposal.approval.needs, seats.as_slice())
            && let Some(above) = self.above(reader, proposal, &only.of.clone())?
        {
            seats.push(Seat { of: above.clone(), may: [above].into() });
        }
        Ok(seats)
    }

    fn seat(&mut self, reader: &mut Reader<'_>, proposal: &Proposal, manager: RepId) -> Result<Seat, Refused> {
        let is_party = proposal.leg_of(&manager).is_some();
        let mut may: BTreeSet<RepId> = (!is_party).then(|| manager.clone()).into_iter().collect();
        if is_party || !self.is_present(reader, &manager)? {
            may.extend(self.above(reader, proposal, &manager)?);
        }
        Ok(Seat { of: manager, may })
    }

    /// The first above somebody who is present and no party.
    fn above(
        &mut self,
        reader: &mut Reader<'_>,
        proposal: &Proposal,
        somebody: &RepId,
    ) -> Result<Option<RepId>, Refused> {
        let mut passed = BTreeSet::from([somebody.clone()]);
        let mut next = self.manager_of(reader, somebody)?;
        while let Some(manager) = next.filter(|manager| passed.insert(manager.clone())) {
            if proposal.leg_of(&manager).is_none() && self.is_present(reader, &manager)? {
                return Ok(Some(manager));
            }
            next = self.manager_of(reader, &manager)?;
        }
        Ok(None)
    }

    /// Who may approve a proposal, whether or not somebody has.
    pub(super) fn approvers(
        &mut self,
        reader: &mut Reader<'_>,
        proposal: &Proposal,
    ) -> Result<BTreeSet<RepId>, Refused> {
        Ok(self.seats(reader, proposal)?.into_iter().flat_map(|seat| seat.may).collect())
    }

    /// The managers of the givers, and those who stand in for them.
    pub(super) fn involved(
        &mut self,
        reader: &mut Reader<'_>,
        proposal: &Proposal,
    ) -> Result<BTreeSet<RepId>, Refused> {
        let mut managers = self.approvers(reader, proposal)?;
        for leg in &proposal.legs {
            managers.extend(self.manager_of(reader, &leg.from)?);
        }
        Ok(managers)
    }
}

/// Whether a manager is at work today and may act as one; one who is no rep has no leave on record.
fn is_at_work(reader: &mut Reader<'_>, manager: &RepId) -> Result<bool, Refused> {
    if people::one(reader, manager)?.is_some_and(|person| !person.may_ask_as(Role::Manager)) {
        return Ok(false);
    }
    let now = reader.now();
    Ok(roster::rep_in_the_crm(reader, manager)?.is_none_or(|rep| {
        let zone = rep.time_zone.unwrap_or(chrono_tz::UTC);
        rep.is_present(now.with_timezone(&zone).date_naive())
    }))
}

/// Who may approve a proposal, whether or not somebody has.
pub(super) fn approvers(reader: &mut Reader<'_>, proposal: &Proposal) -> Result<BTreeSet<RepId>, Refused> {
    Hierarchy::default().approvers(reader, proposal)
}

/// Who may still approve, where what was given does not suffice; absent where it does.
pub(super) fn awaited(reader: &mut Reader<'_>, proposal: &Proposal) -> Result<Option<BTreeSet<RepId>>, Refused> {
    let seats = Hierarchy::default().seats(reader, proposal)?;
    let given = decisions::approvals(reader, proposal.id)?.into_iter().collect();
    Ok(missing(proposal.approval.needs, &seats, &given))
}
