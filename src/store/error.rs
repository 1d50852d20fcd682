//! Why the store did not do what was asked.
//!
//! In go diesel's errors; out come [`StoreError`]s, which say whether to come back, what is there already, or that something is
//! broken. Deliberately absent: what a caller is told of it.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

/// Why the store did not do what was asked. Nothing was changed, but where it is in doubt.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened as the settings say.
    #[error("{0}")]
    Unusable(String),
    /// The pool is empty, the database is away, or another writer took too long: come back later.
    #[error("the database is busy or away: {0}")]
    Busy(String),
    /// The database went away while it committed: it was done as a whole, or not at all.
    #[error("the database went away while it committed: {0}")]
    InDoubt(String),
    /// There is no room left.
    #[error("the database has no room left: {0}")]
    Full(String),
    /// Another transaction changed the row first.
    #[error("another transaction was faster")]
    Raced,
    /// A rule of the form "at most one" would be broken.
    #[error("there is one already: {0}")]
    Twice(AtMostOne),
    /// Something that is referred to does not exist.
    #[error("it refers to something that does not exist: {0}")]
    Dangling(String),
    /// A row holds what its type does not allow, or the schema is not what was expected.
    #[error("the database holds what it must not: {0}")]
    Corrupt(String),
}

/// The "at most one" rules, each a unique index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtMostOne {
    /// One live submission an account.
    LiveSubmission,
    /// One live parting an account.
    LiveParting,
    /// One live leg an account.
    LiveLeg,
    /// One run a scope and business date.
    RunOfTheNight,
    /// One answer a rep and proposal.
    Answer,
    /// One approval a manager and proposal.
    Approval,
    /// One freeze an account.
    Freeze,
    /// One ban a pair.
    Ban,
    /// One review an override.
    Review,
    /// One open meeting a team.
    OpenMeeting,
    /// One question of a rep to a colleague that looks open.
    Question,
    /// One turn of a month's questions.
    Turn,
    /// One effect an idempotency key.
    IdempotencyKey,
    /// One row an id.
    Id,
}

impl AtMostOne {
    /// PostgreSQL names the index; SQLite names the table and columns.
    fn recognise(message: &str) -> Self {
        let rules = [
            ("submissions_one_live_account", "submissions.account_id", Self::LiveSubmission),
            ("partings_one_live_account", "partings.account_id", Self::LiveParting),
            ("legs_one_live_account", "legs.account_id", Self::LiveLeg),
            ("runs_one_scope_and_date", "runs.scope, runs.business_date", Self::RunOfTheNight),
            ("runs_one_shadow_at_a_time", "\u{0}", Self::RunOfTheNight),
            ("frozen_accounts_pkey", "frozen_accounts.account_id", Self::Freeze),
            ("forbidden_pairs_pkey", "forbidden_pairs.rep_id, forbidden_pairs.account_id", Self::Ban),
            ("override_reviews_pkey", "override_reviews.override_id", Self::Review),
            ("meetings_one_open_team", "meetings.team_id", Self::OpenMeeting),
            ("direct_swaps_one_pair", "direct_swaps.asker_id, direct_swaps.colleague_id", Self::Question),
            ("direct_swaps_one_turn", "direct_swaps.asker_id, direct_swaps.month, direct_swaps.turn", Self::Turn),
            ("idempotency_keys_pkey", "idempotency_keys.principal_id", Self::IdempotencyKey),
            // SQLite names the same columns for both; which it was follows from what was being done.
            ("decisions_one_answer", "decisions.proposal_id, decisions.for_rep_id", Self::Answer),
            ("decisions_one_approval", "\u{0}", Self::Approval),
        ];
        rules.iter().find(|(pg, sqlite, _)| message.contains(pg) || message.contains(sqlite)).map_or(Self::Id, |r| r.2)
    }
}

impl std::fmt::Display for AtMostOne {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::LiveSubmission => "a live submission of this account",
            Self::LiveParting => "a live parting with this account",
            Self::LiveLeg => "a live move of this account",
            Self::RunOfTheNight => "a run of this scope and business date",
            Self::Answer => "an answer of this rep",
            Self::Approval => "an approval of this manager",
            Self::Freeze => "a freeze of this account",
            Self::Ban => "a ban of this pair",
            Self::Review => "a review of this override",
            Self::OpenMeeting => "an open meeting of this team",
            Self::Question => "a question to this colleague",
            Self::Turn => "a question of this turn",
            Self::IdempotencyKey => "an answer under this key",
            Self::Id => "a row with this id",
        })
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(kind, information) => classify(&kind, information.as_ref()),
            // A broken transaction means the connection went away in the middle.
            DieselError::BrokenTransactionManager | DieselError::RollbackErrorOnCommit { .. } => {
                Self::Busy(error.to_string())
            }
            other => Self::Corrupt(other.to_string()),
        }
    }
}

fn classify(kind: &DatabaseErrorKind, information: &(dyn DatabaseErrorInformation + Send + Sync)) -> StoreError {
    let message = information.message().to_owned();
    match kind {
        DatabaseErrorKind::UniqueViolation => {
            StoreError::Twice(AtMostOne::recognise(information.constraint_name().unwrap_or(&message)))
        }
        DatabaseErrorKind::ForeignKeyViolation => StoreError::Dangling(message),
        DatabaseErrorKind::SerializationFailure => StoreError::Raced,
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => StoreError::Busy(message),
        _ if message.contains("deadlock detected") => StoreError::Raced,
        _ if ["database is locked", "lock timeout", "terminating connection", "server closed the connection"]
            .iter()
            .any(|sign| message.contains(sign)) =>
        {
            StoreError::Busy(message)
        }
        _ if ["disk is full", "No space left", "could not extend file"].iter().any(|sign| message.contains(sign)) => {
            StoreError::Full(message)
        }
        _ => StoreError::Corrupt(message),
    }
}

impl From<crate::domain::Wrong> for StoreError {
    fn from(wrong: crate::domain::Wrong) -> Self {
        Self::Corrupt(wrong.to_string())
    }
}

/// An error a transaction may end with: the store's own can be told from the rest, so that a lost race is retried.
pub trait TransactionError: From<StoreError> {
    /// Whether the transaction lost a race and may win the next.
    fn is_raced(&self) -> bool;
}

impl TransactionError for StoreError {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Raced)
    }
}
