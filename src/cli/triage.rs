//! `triage`: the rules of the ladder as a table, or the advice they give on answers in a file.
//!
//! In go the settings, and answers with facts as JSON where they are to be tried; out comes a table, or the advice with the
//! rule that fired. Deliberately absent: the database, so that rules can be tried before anybody is asked.

use super::{Context, Failure, import::open};
use account_swap::domain::triage::{Answers, Facts, Rule, TriageRules, advise, sentences};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write;

const EXAMPLES: &str = "\
Examples:
  account-swap triage
  account-swap triage --answers story.json

A file of answers:
  {\"answers\": {\"just_me\": \"no\", \"our_mistake\": \"no\", \"wrong_information\": \"explained\", \"chemistry\": true,
               \"abuse\": null, \"unreasonable_demands\": false, \"unethical_acts\": false, \"misfit\": false,
               \"tried\": [\"open_talk\"]},
   \"facts\": {\"share_of_book_percent\": 4, \"margin_percent\": 10, \"trend\": \"steady\", \"visits_kept_percent\": null,
             \"tried_before\": [], \"abuse_on_record\": null}}";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Answers and facts as JSON; - is standard input.
    #[arg(long, value_name = "FILE")]
    answers: Option<String>,
}

/// A story to try the rules on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    answers: Answers,
    facts: Facts,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let rules = &context.settings.triage;
    let Some(file) = &arguments.answers else { return context.say(rules, table(rules)) };
    let (input, _) = open(file)?;
    let Story { answers, facts } =
        serde_json::from_reader(input).map_err(|error| Failure::Unusable(format!("{file}: {error}")))?;
    let advice = advise(rules, &answers, &facts);
    let mut words = format!("{} (rule {}): {}", advice.path, advice.rule, advice.because);
    let told = sentences(&answers, &facts);
    for sentence in &told {
        write!(words, "\n  {sentence}").expect("a String takes every text");
    }
    let answer = json!({"advice": advice.path, "rule": advice.rule, "because": advice.because, "facts": told});
    context.say(&answer, words)
}

/// One line a rule, in the order they are asked: the advice, the name, and the conditions.
fn table(rules: &TriageRules) -> String {
    let mut text = String::from("the first rule whose conditions are all met gives the advice\n");
    for Rule { name, advice, when, .. } in &rules.rules {
        let when = serde_json::to_value(when).expect("conditions are words and numbers");
        let conditions = when.as_object().into_iter().flatten().map(|(key, value)| format!("{key} {}", written(value)));
        let conditions = conditions.collect::<Vec<_>>().join(", ");
        write!(text, "\n{advice:<9}  {name:<30}  {conditions}").expect("a String takes every text");
    }
    let otherwise = &rules.otherwise;
    write!(text, "\n{:<9}  {:<30}  otherwise", otherwise.advice, otherwise.name).expect("a String takes every text");
    text
}

/// A condition as people write it: words with `or` between them.
fn written(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        Value::Array(words) => words.iter().map(written).collect::<Vec<_>>().join(" or "),
        other => other.to_string(),
    }
}
