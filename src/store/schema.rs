//! The tables as diesel sees them; one schema for both databases, in step with `migrations/`.
//!
//! In go nothing; out come the names and types queries are checked against. A test compares them with the real tables.
#![allow(missing_docs)]

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    teams (id) {
        id -> Text,
        manager_id -> Text,
    }
}

table! {
    reps (id) {
        id -> Text,
        name -> Text,
        team_id -> Text,
        base_lat_e6 -> Integer,
        base_lon_e6 -> Integer,
        base_is_approximate -> Bool,
        territory -> Text,
        country -> Text,
        time_zone -> Nullable<Text>,
        languages -> Text,
        industries -> Text,
        licences -> Text,
        style -> Nullable<Text>,
        tolerances -> Text,
        max_one_way_minutes -> Nullable<BigInt>,
        max_moves_per_run -> Nullable<Integer>,
        capacity_hours_a_year -> Nullable<Integer>,
        abusive_accounts_cap -> Integer,
        leave_from -> Nullable<Date>,
        leave_until -> Nullable<Date>,
        leaves_on -> Nullable<Date>,
        active -> Bool,
        own_abuse_class -> Nullable<Text>,
        own_abuse_cap -> Nullable<Integer>,
        own_abuse_version -> Nullable<Text>,
        barred -> Bool,
    }
}

table! {
    people (id) {
        id -> Text,
        roles -> Nullable<Text>,
        state -> Text,
        since -> Timestamp,
        changed_by -> Text,
        version -> Text,
    }
}

table! {
    accounts (id) {
        id -> Text,
        name -> Text,
        owner_id -> Text,
        ownership -> BigInt,
        last_moved_on -> Nullable<Date>,
        lat_e6 -> Integer,
        lon_e6 -> Integer,
        place_is_approximate -> Bool,
        region -> Nullable<Text>,
        country -> Text,
        time_zone -> Nullable<Text>,
        annual_value_cents -> BigInt,
        annual_commission_cents -> BigInt,
        visits_a_year -> Integer,
        visit_minutes -> Integer,
        language -> Nullable<Text>,
        language_required -> Bool,
        industry -> Nullable<Text>,
        industry_required -> Bool,
        licences_required -> Text,
        style -> Nullable<Text>,
        traits -> Text,
        parent_id -> Nullable<Text>,
        conflicts -> Text,
        status -> Text,
        merged_into -> Nullable<Text>,
    }
}

table! {
    territories (name) {
        name -> Text,
        shape -> Binary,
    }
}

table! {
    history (id) {
        id -> Text,
        rep_id -> Text,
        account_id -> Text,
        started_on -> Date,
        ended_on -> Nullable<Date>,
        stars_hundredths -> Nullable<Integer>,
        visits_planned -> Integer,
        visits_kept -> Integer,
    }
}

table! {
    submissions (id) {
        id -> Text,
        account_id -> Text,
        rep_id -> Text,
        stars_hundredths -> Integer,
        reasons -> Text,
        reasons_shared -> Bool,
        note -> Text,
        state -> Text,
        cause -> Nullable<Text>,
        created_at -> Timestamp,
        version -> Text,
    }
}

table! {
    triages (submission_id, round) {
        submission_id -> Text,
        round -> Integer,
        answers -> Text,
        facts -> Text,
        advice -> Text,
        rule -> Text,
        because -> Text,
        made_at -> Timestamp,
        path -> Nullable<Text>,
        chosen_at -> Nullable<Timestamp>,
        check_back_on -> Nullable<Date>,
        is_over -> Bool,
    }
}

table! {
    abuse_records (account_id) {
        account_id -> Text,
        severity -> Text,
        source -> Text,
        state -> Text,
        declared_at -> Timestamp,
        settled_by -> Nullable<Text>,
        settled_at -> Nullable<Timestamp>,
        warned_on -> Nullable<Date>,
        letter -> Nullable<Text>,
        version -> Text,
    }
}

table! {
    disclosures (proposal_id, rep_id) {
        proposal_id -> Text,
        rep_id -> Text,
        severity -> Text,
        at -> Timestamp,
    }
}

table! {
    partings (id) {
        id -> Text,
        account_id -> Text,
        submission_id -> Text,
        rep_id -> Text,
        state -> Text,
        requested_at -> Timestamp,
        hard -> Text,
        settled_by -> Nullable<Text>,
        settled_at -> Nullable<Timestamp>,
        alternatives -> Text,
        letter -> Nullable<Text>,
        review_on -> Nullable<Date>,
        is_review_told -> Bool,
        version -> Text,
    }
}

table! {
    account_values (account_id, until_on) {
        account_id -> Text,
        until_on -> Date,
        annual_value_cents -> BigInt,
    }
}

table! {
    told_groups (manager_id, members) {
        manager_id -> Text,
        members -> Text,
        told_at -> Timestamp,
        share_percent -> Integer,
        band -> Nullable<Text>,
    }
}

table! {
    runs (id) {
        id -> Text,
        scope -> Text,
        business_date -> Date,
        state -> Text,
        fence -> BigInt,
        lease_until -> Timestamp,
        started_by -> Text,
        started_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        solver_version -> Text,
        policy -> Text,
        snapshot -> Nullable<Binary>,
        plan -> Nullable<Binary>,
        report -> Nullable<Text>,
        failure -> Nullable<Text>,
        mode -> Text,
        erased_at -> Nullable<Timestamp>,
        snapshot_sha256 -> Nullable<Text>,
        plan_sha256 -> Nullable<Text>,
    }
}

table! {
    proposals (id) {
        id -> Text,
        run_id -> Nullable<Text>,
        state -> Text,
        points -> BigInt,
        created_at -> Timestamp,
        expires_at -> Timestamp,
        agreed_at -> Nullable<Timestamp>,
        shown_at -> Nullable<Timestamp>,
        approval_rule -> Text,
        approval_needs -> Text,
        revealed_at -> Nullable<Timestamp>,
        effective_on -> Nullable<Date>,
        trial_ends_on -> Nullable<Date>,
        cause -> Nullable<Text>,
        sent_at -> Nullable<Timestamp>,
        alarmed_at -> Nullable<Timestamp>,
        bounces_until -> Nullable<Date>,
        version -> Text,
    }
}

table! {
    legs (proposal_id, position) {
        proposal_id -> Text,
        position -> Integer,
        account_id -> Text,
        submission_id -> Text,
        from_rep_id -> Text,
        to_rep_id -> Text,
        ownership -> BigInt,
        annual_commission_cents -> BigInt,
        side -> Text,
        money -> Text,
        answer_by -> Timestamp,
        answer -> Text,
        firm_at -> Nullable<Timestamp>,
        live -> Bool,
        version -> Text,
    }
}

table! {
    money_entries (proposal_id, leg, number) {
        proposal_id -> Text,
        leg -> Integer,
        number -> Integer,
        kind -> Text,
        giver_id -> Text,
        receiver_id -> Text,
        cents -> BigInt,
        deal_id -> Nullable<Text>,
        kept_until -> Nullable<Date>,
        effective_on -> Date,
        reversed_at -> Nullable<Timestamp>,
    }
}

table! {
    open_deals (id) {
        id -> Text,
        account_id -> Text,
        amount_cents -> BigInt,
        commission_cents -> Nullable<BigInt>,
        closes_on -> Nullable<Date>,
        treatment -> Nullable<Text>,
        closed -> Bool,
    }
}

table! {
    decisions (id) {
        id -> Text,
        proposal_id -> Text,
        action -> Text,
        for_rep_id -> Text,
        actor_id -> Text,
        reason -> Nullable<Text>,
        at -> Timestamp,
        taken_back_at -> Nullable<Timestamp>,
    }
}

table! {
    restraints (proposal_id, rep_id) {
        proposal_id -> Text,
        rep_id -> Text,
        asks -> Text,
        account_id -> Nullable<Text>,
        minutes -> Nullable<BigInt>,
        until -> Date,
    }
}

table! {
    reminders (proposal_id, leg, due_at) {
        proposal_id -> Text,
        leg -> Integer,
        due_at -> Timestamp,
        handled_at -> Nullable<Timestamp>,
    }
}

table! {
    overrides (id) {
        id -> Text,
        kind -> Text,
        proposal_id -> Nullable<Text>,
        accounts -> Text,
        rep_id -> Nullable<Text>,
        reason -> Text,
        note -> Text,
        author_id -> Text,
        second_id -> Nullable<Text>,
        state -> Text,
        created_at -> Timestamp,
        version -> Text,
    }
}

table! {
    override_reviews (override_id) {
        override_id -> Text,
        reviewer_id -> Text,
        outcome -> Text,
        note -> Text,
        at -> Timestamp,
    }
}

table! {
    meetings (id) {
        id -> Text,
        team_id -> Text,
        started_by -> Text,
        state -> Text,
        business_date -> Date,
        started_at -> Timestamp,
        ended_at -> Nullable<Timestamp>,
        policy -> Text,
        snapshot -> Binary,
        ownerships -> Binary,
        moves -> Binary,
        wishes -> Text,
        proposals -> Text,
        version -> Text,
    }
}

table! {
    direct_swaps (id) {
        id -> Text,
        asker_id -> Text,
        submission_id -> Text,
        colleague_id -> Text,
        state -> Text,
        month -> Date,
        turn -> Integer,
        asked_at -> Timestamp,
        answer_by -> Timestamp,
        revealed_at -> Nullable<Timestamp>,
        proposal_id -> Nullable<Text>,
        asker_version -> Text,
        colleague_version -> Text,
        withdrawn_at -> Nullable<Timestamp>,
    }
}

table! {
    frozen_accounts (account_id) {
        account_id -> Text,
        override_id -> Text,
    }
}

table! {
    forbidden_pairs (rep_id, account_id) {
        rep_id -> Text,
        account_id -> Text,
        override_id -> Text,
    }
}

table! {
    handover_steps (proposal_id, phase, leg, kind) {
        proposal_id -> Text,
        phase -> Text,
        leg -> Integer,
        kind -> Text,
        position -> Integer,
        doer -> Text,
        may_skip -> Bool,
        needs_note -> Bool,
        state -> Text,
        done_by -> Nullable<Text>,
        done_at -> Nullable<Timestamp>,
        note -> Text,
        version -> Text,
    }
}

table! {
    undo_requests (proposal_id, rep_id) {
        proposal_id -> Text,
        rep_id -> Text,
        reason -> Text,
        note -> Text,
        asked_at -> Timestamp,
    }
}

table! {
    undos (proposal_id) {
        proposal_id -> Text,
        state -> Text,
        decided_by -> Nullable<Text>,
        effective_on -> Nullable<Date>,
        version -> Text,
    }
}

table! {
    settlements (proposal_id, person_id) {
        proposal_id -> Text,
        person_id -> Text,
        role -> Text,
        outcome -> Text,
        note -> Text,
        at -> Timestamp,
    }
}

table! {
    check_ins (proposal_id, rep_id, days) {
        proposal_id -> Text,
        rep_id -> Text,
        days -> Integer,
        account_id -> Text,
        due_on -> Date,
        stars_hundredths -> Nullable<Integer>,
        note -> Text,
        made_at -> Nullable<Timestamp>,
        reminded_at -> Nullable<Timestamp>,
    }
}

table! {
    reviews (proposal_id, leg, days) {
        proposal_id -> Text,
        leg -> Integer,
        days -> Integer,
        rep_id -> Text,
        account_id -> Text,
        due_on -> Date,
        stars_hundredths -> Nullable<Integer>,
        revenue_cents -> Nullable<BigInt>,
        visits_planned -> Nullable<Integer>,
        visits_kept -> Nullable<Integer>,
        complaint -> Nullable<Bool>,
        made_at -> Nullable<Timestamp>,
        reminded_at -> Nullable<Timestamp>,
    }
}

table! {
    audit_log (seq) {
        seq -> BigInt,
        at -> Timestamp,
        actor_id -> Text,
        actor_role -> Text,
        action -> Text,
        subject_kind -> Text,
        subject_id -> Text,
        from_state -> Nullable<Text>,
        to_state -> Nullable<Text>,
        previous_hash -> Text,
        hash -> Text,
    }
}

table! {
    audit_people (commitment) {
        commitment -> Text,
        person_id -> Text,
        salt -> Text,
    }
}

table! {
    audit_head (id) {
        id -> Integer,
        seq -> BigInt,
        hash -> Text,
    }
}

table! {
    outbox (seq) {
        seq -> BigInt,
        id -> Text,
        kind -> Text,
        subject_id -> Text,
        payload -> Text,
        created_at -> Timestamp,
        delivered_at -> Nullable<Timestamp>,
        event -> Nullable<Text>,
        ordering_key -> Text,
        details -> Nullable<Text>,
    }
}

table! {
    webhooks (id) {
        id -> Text,
        url -> Text,
        description -> Text,
        takes_all -> Bool,
        scheme -> Text,
        secret -> Text,
        callback_secret -> Text,
        previous_secret -> Nullable<Text>,
        previous_callback_secret -> Nullable<Text>,
        previous_until -> Nullable<Timestamp>,
        state -> Text,
        disabled_because -> Nullable<Text>,
        failing_since -> Nullable<Timestamp>,
        created_at -> Timestamp,
        version -> Text,
    }
}

table! {
    webhook_kinds (webhook_id, kind) {
        webhook_id -> Text,
        kind -> Text,
    }
}

table! {
    deliveries (webhook_id, seq) {
        webhook_id -> Text,
        seq -> BigInt,
        ordering_key -> Text,
        attempts -> Integer,
        next_attempt_at -> Timestamp,
        lease -> Nullable<Text>,
        leased_until -> Nullable<Timestamp>,
        last_attempt_at -> Nullable<Timestamp>,
        last_status -> Nullable<Integer>,
        last_error -> Nullable<Text>,
        outcome -> Nullable<Text>,
        settled_at -> Nullable<Timestamp>,
    }
}

table! {
    crm_requests (id) {
        id -> Text,
        proposal_id -> Text,
        number -> Integer,
        way -> Text,
        asked_at -> Timestamp,
        repeats -> Integer,
        repeat_at -> Nullable<Timestamp>,
    }
}

table! {
    crm_legs (request_id, leg) {
        request_id -> Text,
        leg -> Integer,
        account_id -> Text,
        expected_owner_id -> Text,
        new_owner_id -> Text,
        answer -> Nullable<Text>,
        owner_id -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
        is_contradicted -> Bool,
    }
}

table! {
    callbacks (webhook_id, message_id) {
        webhook_id -> Text,
        message_id -> Text,
        body_hash -> Text,
        signed_at -> Timestamp,
        answer -> Text,
        received_at -> Timestamp,
    }
}

table! {
    idempotency_keys (principal_id, operation, key) {
        principal_id -> Text,
        operation -> Text,
        key -> Text,
        request_hash -> Text,
        status -> Nullable<Integer>,
        headers -> Nullable<Text>,
        body -> Nullable<Text>,
        created_at -> Timestamp,
        lease_until -> Nullable<Timestamp>,
    }
}

table! {
    travel_maps (id) {
        id -> BigInt,
        source -> Text,
        map_date -> Text,
        terms -> Text,
        last_used_at -> Timestamp,
    }
}

table! {
    travel_times (map_id, from_place, to_place) {
        map_id -> BigInt,
        from_place -> BigInt,
        to_place -> BigInt,
        way -> Text,
        deciseconds -> Nullable<BigInt>,
        asked_at -> Timestamp,
    }
}

joinable!(reps -> teams (team_id));
joinable!(accounts -> reps (owner_id));
joinable!(history -> reps (rep_id));
joinable!(history -> accounts (account_id));
joinable!(submissions -> accounts (account_id));
joinable!(submissions -> reps (rep_id));
joinable!(triages -> submissions (submission_id));
joinable!(abuse_records -> accounts (account_id));
joinable!(partings -> accounts (account_id));
joinable!(proposals -> runs (run_id));
joinable!(legs -> proposals (proposal_id));
joinable!(legs -> accounts (account_id));
joinable!(legs -> submissions (submission_id));
joinable!(money_entries -> proposals (proposal_id));
joinable!(open_deals -> accounts (account_id));
joinable!(decisions -> proposals (proposal_id));
joinable!(restraints -> reps (rep_id));
joinable!(reminders -> proposals (proposal_id));
joinable!(overrides -> proposals (proposal_id));
joinable!(override_reviews -> overrides (override_id));
joinable!(meetings -> teams (team_id));
joinable!(frozen_accounts -> accounts (account_id));
joinable!(frozen_accounts -> overrides (override_id));
joinable!(forbidden_pairs -> reps (rep_id));
joinable!(forbidden_pairs -> accounts (account_id));
joinable!(forbidden_pairs -> overrides (override_id));
joinable!(handover_steps -> proposals (proposal_id));
joinable!(webhook_kinds -> webhooks (webhook_id));
joinable!(deliveries -> webhooks (webhook_id));
joinable!(deliveries -> outbox (seq));
joinable!(crm_requests -> proposals (proposal_id));
joinable!(crm_legs -> crm_requests (request_id));
joinable!(check_ins -> proposals (proposal_id));
joinable!(check_ins -> reps (rep_id));
joinable!(check_ins -> accounts (account_id));
joinable!(reviews -> proposals (proposal_id));
joinable!(reviews -> reps (rep_id));
joinable!(reviews -> accounts (account_id));

allow_tables_to_appear_in_same_query!(
    teams,
    reps,
    people,
    accounts,
    territories,
    history,
    submissions,
    triages,
    abuse_records,
    disclosures,
    partings,
    account_values,
    told_groups,
    runs,
    proposals,
    legs,
    money_entries,
    open_deals,
    decisions,
    restraints,
    reminders,
    overrides,
    override_reviews,
    meetings,
    direct_swaps,
    frozen_accounts,
    forbidden_pairs,
    handover_steps,
    undo_requests,
    undos,
    settlements,
    check_ins,
    reviews,
    audit_log,
    audit_people,
    audit_head,
    outbox,
    webhooks,
    webhook_kinds,
    deliveries,
    crm_requests,
    crm_legs,
    callbacks,
    idempotency_keys,
);
