//! How the domain's values look in JSON, for the OpenAPI document.
//!
//! In go the domain's types; out come their schemas, so that the views of `app` derive theirs with domain types as
//! fields and the domain itself need not know utoipa. Holds: a closed list's schema has exactly the words of `ALL`.
//! Deliberately absent: schemas of the views, which are derived where the views are.

use super::fairness::ReportFormat;
use crate::{
    app::{
        callbacks::CallbackKind,
        export::HandoverFormat,
        fairness::Withheld,
        handover::CrmTaken,
        import::ImportKind,
        people::Trend,
        proposals::{Awaiting, Fit},
    },
    domain::{
        abuse::{AbuseSource, AbuseState, Severity},
        approval::Needs,
        crm::{CrmAnswer, Way},
        decline::DeclineReason,
        direct::{ReceivedStatus, SentStatus},
        event::EventKind,
        handover::{Doer, Phase, StepKind, StepState},
        ids::{
            AccountId, CrmRequestId, DealId, DirectSwapId, HistoryId, MeetingId, OverrideId, PartingId, ProposalId,
            RepId, RunId, SubmissionId, TeamId, Version, WebhookId,
        },
        invalidation::Cause,
        meeting::MeetingState,
        money::{EntryKind, Treatment},
        override_review::ReviewOutcome,
        overrides::{OverrideKind, OverrideState, ReasonCode},
        parting::PartingState,
        pattern::Band,
        person::PersonState,
        principal::Role,
        proposal::{Answer, Geography, ProposalState, PublicStatus, Side, Valuation},
        roster::{AccountStatus, Leave, Style, Tag, Trait},
        submission::{Reason, SubmissionState},
        travel::TravelSource,
        triage::{Answers, Attempt, BusinessTrend, JustMe, OurMistake, Path, Tried, WrongInformation},
        undo::{UndoReason, UndoState},
        units::{Cents, Metres, Minutes, Place, Points, Stars},
        webhook::{DeliveryOutcome, DisabledBecause, Scheme, WebhookState},
    },
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, Ref, RefOr, SchemaFormat, Type,
        schema::{AdditionalProperties, ArrayBuilder, OneOfBuilder, Schema},
    },
};

/// Gives each type the schema its expression builds, under the type's own name.
macro_rules! schemas {
    ($($name:ident => $schema:expr),+ $(,)?) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> { $schema.into() }
        }
        impl ToSchema for $name {}
    )+};
}

/// Gives each closed list a schema with its words.
macro_rules! closed_lists {
    ($($name:ident: $what:literal),+ $(,)?) => {schemas! {$(
        $name => ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some($what))
            .enum_values(Some($name::ALL.iter().map(|word| word.as_str()))),
    )+}};
}

/// Gives each struct of the domain a schema: its fields by name, all required.
macro_rules! structs {
    ($($name:ident: $what:literal { $($field:ident: $type:ident $text:literal),+ $(,)? }),+ $(,)?) => {schemas! {$(
        $name => ObjectBuilder::new()
            .description(Some($what))
            $(.property(stringify!($field), described::<$type>($text)).required(stringify!($field)))+,
    )+}};
}

/// The schema of `T`, inline, with the field's own description.
fn described<T: PartialSchema>(what: &str) -> RefOr<Schema> {
    let mut schema = T::schema();
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.description = Some(what.to_owned());
    }
    schema
}

fn integer(what: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .description(Some(what))
}

fn external_id(what: &str, example: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(crate::domain::ids::MAX_ID_BYTES))
        .pattern(Some(r"^[^\s](.*[^\s])?$"))
        .description(Some(what))
        .examples([example])
}

fn own_id(what: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
        .description(Some(what))
        .examples(["5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47"])
}

fn degrees(what: &str, limit: f64) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Number)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
        .minimum(Some(-limit))
        .maximum(Some(limit))
        .description(Some(what))
}

closed_lists! {
    Role: "In what capacity somebody asks.",
    PersonState: "Whether a person may ask at all.",
    Style: "How a rep works, and how an account likes to be worked with; declared, never inferred.",
    Trait: "What makes an account hard, and what a rep may opt in to cope with.",
    Reason: "Why an account is a struggle.",
    SubmissionState: "Where a submission stands.",
    Path: "A rung of the ladder: what can be done about a struggling account.",
    JustMe: "Is it just me?",
    OurMistake: "Was it our mistake?",
    WrongInformation: "Does the customer act on wrong information?",
    Tried: "What the rep has tried, by their own word.",
    Attempt: "What has been tried, by the record.",
    BusinessTrend: "Where an account's business goes.",
    Severity: "A class of abuse, from the mildest to the harshest.",
    AbuseSource: "Who declared it.",
    AbuseState: "Where what is on record of an account stands.",
    PartingState: "Where a parting stands.",
    Band: "How a rate stands against that of all others.",
    ProposalState: "Where a proposal stands.",
    PublicStatus: "All that a rep learns of a proposal's state.",
    Answer: "A rep's answer to a proposal.",
    StepKind: "What has to be done for one account before it changes hands.",
    StepState: "Where a step of a handover stands.",
    Phase: "Which way the accounts go: to their new owners, or back.",
    Doer: "Who does a step.",
    UndoState: "How far an undo has come.",
    UndoReason: "Why a party asks for an undo.",
    Cause: "Why something ended, or needs attention, by no decision of anybody here.",
    AccountStatus: "Whether an account is still ours to serve.",
    OverrideKind: "What a manager may decide beyond the ordinary course.",
    OverrideState: "Where an override stands.",
    ReasonCode: "Why a manager decided so.",
    ReviewOutcome: "What a reviewer thinks of an override.",
    MeetingState: "Where a meeting stands.",
    SentStatus: "All that a rep who asked a colleague learns of the question.",
    ReceivedStatus: "What a rep who was asked sees of the question.",
    Trend: "How a number changes: by a fiftieth at most it is the same, by more than a fifth it is much.",
    Needs: "Whose approval a proposal needs once all have accepted.",
    Awaiting: "Who has to act next, as a party may know it.",
    DeclineReason: "Why a rep declines; seen by nobody but the engine.",
    Fit: "How much better an account and its next rep are expected to get on: less than half a star, half a star to \
        one and a half stars, more.",
    ImportKind: "What a file holds.",
    ReportFormat: "How a report is shown: as a value, a table or a picture.",
    HandoverFormat: "How a file of handovers looks.",
    EntryKind: "Why something changes hands with an account: a year of its commission; what the giver keeps of that at \
        first; a deal under way; its part of a year's quota, which is no money.",
    Withheld: "Why what is made of gains does not stand in a report.",
    Treatment: "Whose the commission of a deal is that was under way: the giver's, shared, the receiver's.",
    TravelSource: "Where a travel time came from.",
    EventKind: "What an event is about. Those that name a person, and `handover.execute`, go only to who names them.",
    WebhookState: "Where an endpoint stands.",
    DisabledBecause: "Why nothing is sent to an endpoint.",
    Scheme: "How what an endpoint gets is signed: `v1` is HMAC-SHA256, `v1a` Ed25519.",
    DeliveryOutcome: "What became of an event on its way to an endpoint.",
    Way: "Where the CRM is asked to bring accounts: there, back, or where they were because not all could be moved.",
    CrmAnswer: "What the CRM says of one account.",
    CrmTaken: "What a message from the CRM led to.",
    CallbackKind: "What the CRM says.",
}

schemas! {
    RepId => external_id("A rep's, manager's or service's id, as the CRM has it.", "R001"),
    DealId => external_id("A deal's id, as the CRM has it.", "D-204"),
    AccountId => external_id("An account's id, as the CRM has it.", "A-100042"),
    TeamId => external_id("A team's id, as the CRM has it.", "north"),
    HistoryId => external_id("The id of a line of history, as the CRM has it.", "H-7"),
    SubmissionId => own_id("A submission's id."),
    RunId => own_id("A run's id."),
    ProposalId => own_id("A proposal's id."),
    PartingId => own_id("A parting's id."),
    OverrideId => own_id("An override's id."),
    DirectSwapId => own_id("A direct swap's id."),
    MeetingId => own_id("A meeting's id."),
    WebhookId => own_id("An endpoint's id."),
    CrmRequestId => own_id("The id of a request to the CRM, the same however often it is asked."),
    Version => own_id("New at each change; the same as the entity tag, which `If-Match` takes in double quotes."),
    Minutes => integer("Minutes of a person's time; most often minutes a year."),
    Metres => integer("Metres on the ground."),
    Cents => integer("Hundredths of the organisation's one currency."),
    Points => integer("What the engine maximises: minutes a year after fairness and ageing."),
    Stars => ObjectBuilder::new()
        .schema_type(Type::Number)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)))
        .minimum(Some(1.0))
        .maximum(Some(5.0))
        .description(Some("How well a rep and an account get on: 1 to 5 with at most two decimal places."))
        .examples([2.5]),
    Place => ObjectBuilder::new()
        .description(Some("A point on the Earth, WGS 84."))
        .property("lat", degrees("Latitude in degrees.", 90.0))
        .property("lon", degrees("Longitude in degrees.", 180.0))
        .required("lat")
        .required("lon"),
    Tag => ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(64))
        .description(Some("A word for matching, lower case: a region, a language, an industry, a licence."))
        .examples(["healthcare"]),
    Leave => ObjectBuilder::new()
        .description(Some("Days away, both ends included."))
        .property("from", day("The first day away."))
        .property("until", day("The last day away."))
        .required("from")
        .required("until"),
}

fn day(what: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
        .description(Some(what))
}

structs! {
    Valuation: "What holding an account is worth to a rep, by named terms in minutes a year." {
        stars: Stars "The end of the rapport interval that counted.",
        rapport_minutes: Minutes "The worth of those stars.",
        travel_minutes: Minutes "Marginal driving: of an account given away, what ends less what is left behind.",
        left_behind_minutes: Minutes "Of an account given away, by how much driving to the accounts near it grows.",
        geography: Geography "What driving does not show.",
        one_way_minutes: Minutes "One visit's drive from the base, one way.",
        travel_estimated: bool "Whether the driving is an estimate.",
    },
    Geography: "What driving does not show, by named terms in minutes a year." {
        outside_territory_minutes: Minutes "For an account outside the rep's territory.",
        other_country_minutes: Minutes "For an account in another country than the rep's base.",
        time_zone_minutes: Minutes "For the difference between the two clocks.",
        island_minutes: Minutes "For the distance to the rest of the book.",
    },
    Side: "What one rep gets out of a move." {
        given: Valuation "The worth of what the rep gives.",
        received: Valuation "The worth of what the rep receives.",
        handover_minutes: Minutes "What the handover itself costs the rep.",
        gain: Minutes "`received − given − handover`, in minutes a year.",
    },
}

impl PartialSchema for Answers {
    fn schema() -> RefOr<Schema> {
        let yes_or_no = |what: &str| ObjectBuilder::new().schema_type(Type::Boolean).description(Some(what));
        let class = refer::<Severity>("Is it abuse, and of which class? Nothing where it is none.");
        let none = ObjectBuilder::new().schema_type(Type::Null);
        let tried = ArrayBuilder::new().items(refer::<Tried>("What the rep has tried.")).unique_items(true);
        ObjectBuilder::new()
            .description(Some("The answers to the questions of the ladder, in their order."))
            .property("just_me", refer::<JustMe>("Is it just me?"))
            .property("our_mistake", refer::<OurMistake>("Was it our mistake?"))
            .property("wrong_information", refer::<WrongInformation>("Does the customer act on wrong information?"))
            .property("chemistry", yes_or_no("Is it chemistry?"))
            .property("abuse", OneOfBuilder::new().item(none).item(class))
            .property("unreasonable_demands", yes_or_no("Does the customer demand what is unreasonable?"))
            .property("unethical_acts", yes_or_no("Does the customer ask for what is not right?"))
            .property("misfit", yes_or_no("Is the business itself a misfit?"))
            .property("tried", tried.description(Some("What you have tried already.")))
            .required("just_me")
            .required("our_mistake")
            .required("wrong_information")
            .required("chemistry")
            .required("unreasonable_demands")
            .required("unethical_acts")
            .required("misfit")
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .into()
    }
}

impl ToSchema for Answers {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        fn add<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
            schemas.push((T::name().into_owned(), T::schema()));
        }
        add::<JustMe>(schemas);
        add::<OurMistake>(schemas);
        add::<WrongInformation>(schemas);
        add::<Severity>(schemas);
        add::<Tried>(schemas);
    }
}

/// A field whose type has a schema of its own.
fn refer<T: ToSchema>(what: &str) -> Ref {
    Ref::builder().ref_location_from_schema_name(T::name()).description(Some(what)).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_written_with_the_fields_of_their_schema_and_no_others_are_read() {
        let schema = serde_json::to_value(Answers::schema()).unwrap();
        let answers = Answers {
            just_me: JustMe::No,
            our_mistake: OurMistake::No,
            wrong_information: WrongInformation::No,
            chemistry: true,
            abuse: Some(Severity::Harsh),
            unreasonable_demands: false,
            unethical_acts: false,
            misfit: false,
            tried: [Tried::OpenTalk].into(),
        };
        let written = serde_json::to_value(answers).unwrap();
        let fields = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(fields(&schema["properties"]), fields(&written));
        assert_eq!(schema["additionalProperties"], false);
        let mut required = written.clone();
        let left_out = ["abuse", "tried"].map(|name| required.as_object_mut().unwrap().remove(name));
        assert!(left_out.iter().all(Option::is_some));
        serde_json::from_value::<Answers>(required.clone()).expect("these may be left out");
        assert_eq!(schema["required"].as_array().unwrap().len(), required.as_object().unwrap().len());
    }

    #[test]
    fn a_closed_list_has_exactly_its_words() {
        let schema = serde_json::to_value(Style::schema()).unwrap();
        assert_eq!(schema["enum"], serde_json::json!(["direct", "analytical", "relational", "expressive"]));
    }

    #[test]
    fn a_struct_of_the_domain_names_the_fields_it_is_written_with() {
        let stars = Stars::from_decimal(2.5).unwrap();
        let valuation = Valuation {
            stars,
            rapport_minutes: Minutes(1),
            travel_minutes: Minutes(1),
            left_behind_minutes: Minutes(1),
            geography: Geography::default(),
            one_way_minutes: Minutes(1),
            travel_estimated: true,
        };
        let written = serde_json::to_value(Side::new(valuation, valuation, Minutes(1))).unwrap();
        let fields = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(fields(&serde_json::to_value(Side::schema()).unwrap()["properties"]), fields(&written));
        let valuation = &written["given"];
        assert_eq!(fields(&serde_json::to_value(Valuation::schema()).unwrap()["properties"]), fields(valuation));
        assert_eq!(
            fields(&serde_json::to_value(Geography::schema()).unwrap()["properties"]),
            fields(&valuation["geography"])
        );
    }
}
