//! What a phase came to, as a table: times of what was answered well by class, then goodput and answers by status.

use super::{
    client::{Done, Outcome},
    mix::Mix,
};
use std::{collections::BTreeMap, time::Duration};

/// Prints one phase.
pub fn print(name: &str, done: &Done) {
    println!("\n## {name}\n");
    println!("| class | answered well | p50 ms | p99 ms | p99.9 ms | longest ms |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (class, name) in Mix::classes().iter().enumerate() {
        row(name, done, |outcome| outcome.class == class);
    }
    row("all that read", done, |outcome| !Mix::changes(outcome.class));
    row("all that change", done, |outcome| Mix::changes(outcome.class));
    let mut by_status: BTreeMap<u16, usize> = BTreeMap::new();
    for outcome in &done.outcomes {
        *by_status.entry(outcome.status).or_default() += 1;
    }
    let words: Vec<String> = by_status
        .iter()
        .map(|(status, count)| match status {
            0 => format!("no answer {count}"),
            1 => format!("given up before it was sent {count}"),
            status => format!("{status}: {count}"),
        })
        .collect();
    let (all, seconds) = (done.outcomes.len() as f64, done.seconds);
    println!("\nasked {:.0} a second, goodput {:.0} a second; {}", all / seconds, done.goodput(), words.join(", "));
}

fn row(name: &str, done: &Done, is_in: impl Fn(&Outcome) -> bool) {
    let is_good = |outcome: &&Outcome| (200..300).contains(&outcome.status) && is_in(outcome);
    let mut times: Vec<Duration> = done.outcomes.iter().filter(is_good).map(|outcome| outcome.took).collect();
    if times.is_empty() {
        return;
    }
    times.sort_unstable();
    // The smallest time that so many in a thousand do not exceed.
    let quantile = |thousandths: usize| times[(times.len() * thousandths).div_ceil(1000).clamp(1, times.len()) - 1];
    let milliseconds = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1000.0);
    let cells = [quantile(500), quantile(990), quantile(999), quantile(1000)].map(milliseconds);
    println!("| {name} | {} | {} |", times.len(), cells.join(" | "));
}
