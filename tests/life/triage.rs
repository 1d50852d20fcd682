//! The rules of the ladder as they are shipped: a table of stories, and what holds whatever is answered.

use account_swap::{
    domain::{
        abuse::{AbuseState, Severity, standing},
        triage::{
            Answers, Attempt, BusinessTrend, Facts, JustMe, OurMistake, Path, TriageRules, Tried, WrongInformation,
            advise, may_part,
        },
    },
    settings::Settings,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write as _};

fn rules() -> TriageRules {
    Settings::built_in().triage
}

/// Everything denied and nothing tried, of an account of middling worth, but for what a story says.
fn story(answers: Value, facts: Value) -> (Answers, Facts) {
    let with = |mut whole: Value, changes: Value| {
        whole.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        whole
    };
    let plain = json!({"just_me": "no", "our_mistake": "no", "wrong_information": "no", "chemistry": false,
        "abuse": null, "unreasonable_demands": false, "unethical_acts": false, "misfit": false, "tried": []});
    let middling = json!({"share_of_book_percent": 10, "margin_percent": 10, "trend": "steady",
        "visits_kept_percent": 80, "tried_before": [], "abuse_on_record": null});
    (serde_json::from_value(with(plain, answers)).unwrap(), serde_json::from_value(with(middling, facts)).unwrap())
}

#[test]
fn each_story_of_the_sources_gets_the_advice_they_give() {
    let rules = rules();
    let (some, none) = (|| json!({"tried": ["open_talk"]}), || json!({}));
    let also = |mut whole: Value, more: Value| {
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        whole
    };
    let table = [
        ("we do not get on", json!({"chemistry": true}), none(), "swap", "chemistry"),
        (
            "I put visits off, and could change that",
            json!({"just_me": "yes_and_i_can_change_it"}),
            none(),
            "reset",
            "own_part",
        ),
        (
            "I meant to change, and it did not help",
            json!({"just_me": "yes_and_i_can_change_it", "chemistry": true}),
            json!({"tried_before": ["reset"]}),
            "swap",
            "chemistry",
        ),
        ("I dislike them and always will", json!({"just_me": "yes_and_i_cannot_change_it"}), none(), "swap", "lasting"),
        (
            "we delivered late and said nothing",
            json!({"our_mistake": "not_put_right", "chemistry": true}),
            none(),
            "reset",
            "own_mistake",
        ),
        (
            "we put it right and they still resent it",
            also(some(), json!({"our_mistake": "put_right", "chemistry": true})),
            none(),
            "swap",
            "chemistry",
        ),
        (
            "they believe what a competitor says",
            json!({"wrong_information": "not_explained"}),
            none(),
            "educate",
            "wrong_information",
        ),
        (
            "explained to the check-back, to no avail",
            json!({"wrong_information": "not_explained", "chemistry": true}),
            json!({"tried_before": ["educate"]}),
            "swap",
            "chemistry",
        ),
        ("they shout", json!({"abuse": "harsh"}), none(), "swap", "abuse"),
        (
            "they insult people, and it is a large account",
            json!({"abuse": "abusive", "tried": ["limits_set"]}),
            none(),
            "swap",
            "abuse",
        ),
        (
            "they insult people, and it is a small account",
            json!({"abuse": "abusive", "tried": ["limits_set"]}),
            json!({"share_of_book_percent": 3}),
            "part_ways",
            "abuse_not_worth_it",
        ),
        (
            "the same, and nothing was tried",
            json!({"abuse": "abusive"}),
            json!({"share_of_book_percent": 3}),
            "swap",
            "abuse",
        ),
        (
            "the same, small but growing",
            json!({"abuse": "abusive", "tried": ["limits_set"]}),
            json!({"share_of_book_percent": 3, "trend": "growing"}),
            "swap",
            "abuse",
        ),
        ("they threaten, for the first time", json!({"abuse": "threatening"}), none(), "swap", "abuse"),
        (
            "they threaten, and it is on record",
            json!({"abuse": "threatening"}),
            json!({"abuse_on_record": "threatening"}),
            "part_ways",
            "threats",
        ),
        (
            "a colleague with a thicker skin gave it back",
            json!({"abuse": "harsh"}),
            json!({"tried_before": ["swap"]}),
            "part_ways",
            "abuse_came_back",
        ),
        ("they want a kickback", json!({"unethical_acts": true}), none(), "educate", "unethical_acts_not_refused_yet"),
        (
            "they want a kickback and have been told no",
            json!({"unethical_acts": true, "tried": ["limits_set"]}),
            none(),
            "part_ways",
            "unethical_acts",
        ),
        ("they call at night", json!({"unreasonable_demands": true}), none(), "educate", "demands_without_limits"),
        (
            "they call at night, limits or no limits",
            json!({"unreasonable_demands": true, "tried": ["limits_set"]}),
            none(),
            "swap",
            "demands",
        ),
        (
            "the same, for next to nothing",
            json!({"unreasonable_demands": true, "tried": ["limits_set"]}),
            json!({"share_of_book_percent": 2, "margin_percent": 3}),
            "part_ways",
            "demands_not_worth_it",
        ),
        ("they buy what we are not good at", also(some(), json!({"misfit": true})), none(), "swap", "misfit"),
        (
            "the same, small, thin and shrinking",
            also(some(), json!({"misfit": true})),
            json!({"share_of_book_percent": 2, "margin_percent": 4, "trend": "shrinking"}),
            "part_ways",
            "misfit_not_worth_it",
        ),
        (
            "the same, of unknown worth",
            also(some(), json!({"misfit": true})),
            json!({"share_of_book_percent": null, "margin_percent": null}),
            "swap",
            "misfit",
        ),
        ("it just does not go well", none(), none(), "reset", "nothing_tried"),
        ("it just does not go well, after all we tried", some(), none(), "swap", "somebody_else"),
    ];
    for (told, answers, facts, path, rule) in table {
        let (answers, facts) = story(answers, facts);
        let advice = advise(&rules, &answers, &facts);
        assert_eq!((advice.path.as_str(), advice.rule), (path, rule), "{told}");
    }
}

/// Calls `see` for every mixture of answers and facts that any rule looks at.
fn everything(mut see: impl FnMut(&Answers, &Facts)) {
    let (_, mut facts) = story(json!({}), json!({}));
    let tried = [vec![], vec![Tried::OpenTalk], vec![Tried::LimitsSet]];
    let before = [vec![], vec![Attempt::Reset], vec![Attempt::Educate], vec![Attempt::Swap], Attempt::ALL.to_vec()];
    let classes = [None, Some(Severity::Harsh), Some(Severity::Abusive), Some(Severity::Threatening)];
    for (just_me, our_mistake) in pairs(JustMe::ALL, OurMistake::ALL) {
        for (wrong_information, abuse) in pairs(WrongInformation::ALL, &classes) {
            for bits in 0..16_u8 {
                let bit = |at: u8| bits & (1 << at) != 0;
                for (tried, tried_before) in pairs(&tried, &before) {
                    let answers = Answers {
                        just_me,
                        our_mistake,
                        wrong_information,
                        abuse,
                        chemistry: bit(0),
                        unreasonable_demands: bit(1),
                        unethical_acts: bit(2),
                        misfit: bit(3),
                        tried: tried.into_iter().collect(),
                    };
                    for (share, margin) in pairs(&[None, Some(5), Some(30)], &[None, Some(5), Some(30)]) {
                        for (trend, on_record) in
                            pairs(&[BusinessTrend::Growing, BusinessTrend::NotKnown], &[None, Some(Severity::Abusive)])
                        {
                            facts.share_of_book_percent = share;
                            facts.margin_percent = margin;
                            facts.trend = trend;
                            facts.abuse_on_record = on_record;
                            facts.tried_before = tried_before.iter().copied().collect();
                            see(&answers, &facts);
                        }
                    }
                }
            }
        }
    }
}

fn pairs<A: Clone, B: Clone>(ones: &[A], others: &[B]) -> Vec<(A, B)> {
    ones.iter().flat_map(|one| others.iter().map(move |other| (one.clone(), other.clone()))).collect()
}

#[test]
fn nobody_is_advised_to_part_ways_before_anything_was_tried_and_no_rule_is_idle() {
    let rules = rules();
    let mut fired: BTreeMap<String, u64> = BTreeMap::new();
    everything(|answers, facts| {
        let advice = advise(&rules, answers, facts);
        assert!(advice.path != Path::PartWays || may_part(answers, facts), "{answers:?} {facts:?}");
        let threatens = answers.abuse == Some(Severity::Threatening);
        if answers.our_mistake == OurMistake::Open && !threatens {
            assert_eq!(advice.path, Path::Reset, "own mistakes come before the customer's: {answers:?}");
        }
        *fired.entry(advice.rule.to_owned()).or_default() += 1;
    });
    let all = rules.rules.iter().map(|rule| &rule.name).chain([&rules.otherwise.name]);
    let idle: Vec<&String> = all.filter(|name| !fired.contains_key(*name)).collect();
    assert!(idle.is_empty(), "no story reaches {idle:?}");
}

#[test]
fn a_rule_that_would_part_ways_with_nothing_tried_is_passed_over_whatever_the_file_says() {
    let mut rules = rules();
    for rule in &mut rules.rules {
        rule.advice = Path::PartWays;
    }
    everything(|answers, facts| {
        let parts = advise(&rules, answers, facts).path == Path::PartWays;
        assert!(!parts || may_part(answers, facts), "{answers:?} {facts:?}");
    });
}

/// What is wrong with settings in which the ladder's file says `text`.
fn refusal(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("triage.toml"), text).unwrap();
    Settings::load(folder.path(), None, []).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_file_of_rules_takes_the_place_of_the_shipped_ones_and_what_it_cannot_mean_is_refused_by_name() {
    let rule = |rest: &str| format!("[[triage.rules]]\nname = \"one\"\nadvice = \"swap\"\nbecause = \"so\"\n{rest}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("triage.toml"), rule("when = { misfit = true }")).unwrap();
    let read = Settings::load(folder.path(), None, []).unwrap().triage;
    assert_eq!(read.rules.len(), 1);
    assert_eq!(read.otherwise, rules().otherwise, "what a file does not say stays");
    for (text, expected) in [
        (rule("when = { misfits = true }"), "misfits"),
        (rule("when = { trend = [\"upwards\"] }"), "upwards"),
        (rule("when = {}"), "one has no condition"),
        (rule("when = { misfit = true }") + "\n" + &rule("when = { misfit = false }"), "one stands twice"),
        ("[triage.otherwise]\nadvice = \"part_ways\"".to_owned(), "triage.otherwise"),
        ("[triage.reset]\ncheck_back_days = 0".to_owned(), "triage.reset.check_back_days"),
        ("[triage.part_ways]\nletter = \"Dear {customer}\"".to_owned(), "customer"),
        ("[triage.part_ways]\nletter = \"Farewell\"".to_owned(), "{alternatives}"),
        ("[triage.resets]\nx = 1".to_owned(), "resets"),
    ] {
        let message = refusal(&text);
        assert!(message.contains(expected), "{text}\n{message}");
    }
}

#[test]
fn what_the_crm_and_the_record_mean_together_is_as_agreed() {
    let crm: Vec<Option<Severity>> = [None].into_iter().chain(Severity::ALL.iter().copied().map(Some)).collect();
    let records: Vec<Option<(Severity, AbuseState)>> =
        [None].into_iter().chain(pairs(Severity::ALL, AbuseState::ALL).into_iter().map(Some)).collect();
    let mut text = String::new();
    for record in records {
        let said = record.map_or("no record".to_owned(), |(class, state)| format!("{class} {state}"));
        let answers = crm.iter().map(|&class| {
            let crm = class.map_or("crm says nothing".to_owned(), |class| format!("crm {class}"));
            format!("{crm} → {:?}", standing(class, record))
        });
        writeln!(text, "{said:<25} {}", answers.collect::<Vec<_>>().join(" | ")).unwrap();
    }
    insta::assert_snapshot!(text);
}
