//! What the CRM is asked to carry out, what it says, and what follows from that.
//!
//! In goes a request with what has been said of each of its accounts; out comes one [`Verdict`]. It does not depend on the
//! order in which the answers came. Holds: who has an account is believed only where the word and the owner named fit each
//! other; a second word that differs from the first is a disagreement, and a disagreement is never settled by a program.
//! Deliberately absent: whether anything has still to be decided, which the proposal's state says.

use super::{
    closed::closed_list,
    ids::{AccountId, CrmRequestId, ProposalId, RepId},
    invalidation::Cause,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

closed_list! {
    /// Where the CRM is asked to bring accounts.
    Way {
        /// To their new owners.
        There = "there",
        /// Back to their former owners, because the trial is undone.
        Back = "back",
        /// Back where they were, because not all of them could be moved.
        Restore = "restore",
    }
}

closed_list! {
    /// What the CRM says of one account.
    CrmAnswer {
        /// It is with its new owner.
        Applied = "applied",
        /// It stays where it was, for good.
        Refused = "refused",
    }
}

/// What was said of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The word.
    pub answer: CrmAnswer,
    /// Who has the account, as the CRM says.
    pub owner: RepId,
    /// When we took it.
    pub at: DateTime<Utc>,
}

/// One account of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedLeg {
    /// The leg's position in its proposal.
    pub leg: u32,
    /// The account.
    pub account: AccountId,
    /// Who has it, as we know.
    pub expected_owner: RepId,
    /// Who is to have it.
    pub new_owner: RepId,
    /// What was said first.
    pub said: Option<Said>,
    /// Whether something else was said later.
    pub is_contradicted: bool,
}

impl AskedLeg {
    /// Whether the word and the owner named fit each other.
    pub fn fits(&self, said: &Said) -> bool {
        said.owner
            == match said.answer {
                CrmAnswer::Applied => self.new_owner.clone(),
                CrmAnswer::Refused => self.expected_owner.clone(),
            }
    }
}

/// What the CRM was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrmRequest {
    /// The same each time it is asked again.
    pub id: CrmRequestId,
    /// Of which proposal.
    pub proposal: ProposalId,
    /// Its place among the requests of the proposal, from 0.
    pub number: u32,
    /// Where the accounts are to go.
    pub way: Way,
    /// When it was asked first.
    pub asked_at: DateTime<Utc>,
    /// How often it was asked again.
    pub repeats: u32,
    /// When it is asked again; nothing where nobody waits for an answer any more.
    pub repeat_at: Option<DateTime<Utc>>,
    /// Its accounts, by position.
    pub legs: Vec<AskedLeg>,
}

impl CrmRequest {
    /// Whether something that was said of it keeps it from being carried out whole.
    pub fn speaks_against(&self) -> bool {
        let is_carried_out = |said: &Said, leg: &AskedLeg| said.answer == CrmAnswer::Applied && leg.fits(said);
        self.legs
            .iter()
            .any(|leg| leg.is_contradicted || leg.said.as_ref().is_some_and(|said| !is_carried_out(said, leg)))
    }
}

/// What follows from what was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Something is missing.
    Wait,
    /// All of it is carried out.
    CarriedOut,
    /// Nothing of it is carried out, and nothing will be.
    Nothing,
    /// Some accounts have moved and others never will: these legs are to go back where they were.
    Restore(Vec<u32>),
    /// What it says cannot be, or cannot be mended by asking: two people must look.
    Disagree(Cause),
}

/// What follows from what was said of a request, in whatever order.
pub fn verdict(request: &CrmRequest) -> Verdict {
    let legs = &request.legs;
    let is_wrong = |leg: &AskedLeg| leg.is_contradicted || leg.said.as_ref().is_some_and(|said| !leg.fits(said));
    if legs.iter().any(is_wrong) {
        return Verdict::Disagree(Cause::AccountReassigned);
    }
    let have = |answer: CrmAnswer| -> Vec<u32> {
        legs.iter()
            .filter(|leg| leg.said.as_ref().is_some_and(|said| said.answer == answer))
            .map(|leg| leg.leg)
            .collect()
    };
    let (applied, refused) = (have(CrmAnswer::Applied), have(CrmAnswer::Refused));
    if applied.len() + refused.len() < legs.len() {
        Verdict::Wait
    } else if refused.is_empty() {
        Verdict::CarriedOut
    } else if request.way != Way::There {
        // What could not be brought back is where it should not be.
        Verdict::Disagree(Cause::CrmRefused)
    } else if applied.is_empty() {
        Verdict::Nothing
    } else {
        Verdict::Restore(applied)
    }
}

/// How old a request is, in minutes, when it is asked again after `repeats` times: twice as old each time.
pub const fn repeat_after_minutes(first: u32, repeats: u32) -> u64 {
    (first as u64) << if repeats > 16 { 16 } else { repeats }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(way: Way, said: &[Option<(CrmAnswer, &str)>]) -> CrmRequest {
        let id = |text: &str| text.parse().unwrap();
        let legs = (0..).zip(said).map(|(leg, said)| AskedLeg {
            leg,
            account: format!("account-{leg}").parse().unwrap(),
            expected_owner: id("old"),
            new_owner: id("new"),
            said: said.map(|(answer, owner)| Said { answer, owner: id(owner), at: DateTime::UNIX_EPOCH }),
            is_contradicted: false,
        });
        let nil = uuid::Uuid::nil();
        CrmRequest {
            id: CrmRequestId(nil),
            proposal: ProposalId(nil),
            number: 0,
            way,
            asked_at: DateTime::UNIX_EPOCH,
            repeats: 0,
            repeat_at: None,
            legs: legs.collect(),
        }
    }

    const APPLIED: Option<(CrmAnswer, &str)> = Some((CrmAnswer::Applied, "new"));
    const REFUSED: Option<(CrmAnswer, &str)> = Some((CrmAnswer::Refused, "old"));

    #[test]
    fn every_pair_of_answers_has_its_verdict_in_either_order() {
        use Verdict::*;
        let refused = || Disagree(Cause::CrmRefused);
        let wrong = || Disagree(Cause::AccountReassigned);
        let lie = Some((CrmAnswer::Applied, "old"));
        for (one, other, there, back) in [
            (None, None, Wait, Wait),
            (APPLIED, None, Wait, Wait),
            (REFUSED, None, Wait, Wait),
            (APPLIED, APPLIED, CarriedOut, CarriedOut),
            (REFUSED, REFUSED, Nothing, refused()),
            (APPLIED, REFUSED, Restore(vec![0]), refused()),
            (lie, None, wrong(), wrong()),
            (lie, APPLIED, wrong(), wrong()),
            (Some((CrmAnswer::Refused, "new")), REFUSED, wrong(), wrong()),
            (Some((CrmAnswer::Refused, "stranger")), APPLIED, wrong(), wrong()),
        ] {
            assert_eq!(verdict(&request(Way::There, &[one, other])), there, "{one:?} {other:?}");
            let swapped = match there {
                Restore(_) => Restore(vec![1]),
                other => other,
            };
            assert_eq!(verdict(&request(Way::There, &[other, one])), swapped, "{other:?} {one:?}");
            for way in [Way::Back, Way::Restore] {
                assert_eq!(verdict(&request(way, &[one, other])), back, "{way} {one:?} {other:?}");
            }
        }
    }

    #[test]
    fn who_takes_a_word_back_is_not_believed_in_either() {
        let mut said = request(Way::There, &[APPLIED, APPLIED]);
        said.legs[1].is_contradicted = true;
        assert_eq!(verdict(&said), Verdict::Disagree(Cause::AccountReassigned));
    }

    #[test]
    fn a_request_is_repeated_ever_more_seldom() {
        let day = 24 * 60;
        let times: Vec<u64> =
            (0..).map(|repeats| repeat_after_minutes(15, repeats)).take_while(|at| *at < day).collect();
        assert_eq!(times, [15, 30, 60, 120, 240, 480, 960]);
        assert!(repeat_after_minutes(u32::MAX, u32::MAX) > 0);
    }
}
