//! `report direct-swaps`: how many questions reps have asked colleagues, and what came of them.
//!
//! In goes nothing; out come counts by month, in words or as JSON. Holds: what nothing has come of yet counts as open,
//! whatever the colleague answered.
//! Deliberately absent: the questions themselves, which are between two reps; what comes of them is a proposal.

use super::super::{Context, Failure};
use account_swap::{
    app::report::{self, QuestionsOfMonth},
    domain::principal::{Principal, Role},
};

pub fn run(context: &Context) -> Result<(), Failure> {
    let who = Principal { id: "admin".parse().expect("a sound id"), role: Role::Admin };
    let months = context.store()?.read(|reader| report::questions(reader, &who))?;
    context.say(&months, words(&months))
}

fn words(months: &[QuestionsOfMonth]) -> String {
    if months.is_empty() {
        return "nobody has asked a colleague yet".to_owned();
    }
    let line = |one: &QuestionsOfMonth| {
        let QuestionsOfMonth { asked, found, not_concluded, withdrawn, open, .. } = one;
        let month = one.month.format("%Y-%m");
        format!(
            "{month}: {asked} asked; {found} found a swap, {not_concluded} not concluded, {withdrawn} taken back, {open} open"
        )
    };
    months.iter().map(line).collect::<Vec<_>>().join("\n")
}
