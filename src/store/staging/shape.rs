//! The tables that can be imported into, as data: their fields by the importer's names, and the columns that hold them.
//!
//! In goes the set of fields that a file gives; out come the columns that statements about it name.
//! Deliberately absent: what is done with them.

use std::collections::BTreeSet;

/// A table that can be imported into: its name and the importer's fields with the column that holds each.
#[derive(Debug)]
pub struct Shape {
    pub(super) table: &'static str,
    pub(super) staged: &'static str,
    /// What one row of a file is about; a second row about the same is a repetition.
    pub(super) key: &'static str,
    pub(super) fields: &'static [(&'static str, &'static str)],
    /// What the temporary table has besides.
    pub(super) besides: &'static str,
}

/// Reps.
pub const REPS: Shape = Shape {
    table: "reps",
    staged: "staged_reps",
    key: "id",
    fields: &[
        ("id", "id"),
        ("name", "name"),
        ("team", "team_id"),
        ("lat", "base_lat_e6"),
        ("lon", "base_lon_e6"),
        ("approximate", "base_is_approximate"),
        ("territory", "territory"),
        ("country", "country"),
        ("time_zone", "time_zone"),
        ("languages", "languages"),
        ("industries", "industries"),
        ("licences", "licences"),
        ("style", "style"),
        ("tolerances", "tolerances"),
        ("max_one_way_minutes", "max_one_way_minutes"),
        ("max_moves_per_run", "max_moves_per_run"),
        ("capacity_hours_a_year", "capacity_hours_a_year"),
        ("abusive_accounts_cap", "abusive_accounts_cap"),
        ("leave_from", "leave_from"),
        ("leave_until", "leave_until"),
        ("leaves_on", "leaves_on"),
        ("active", "active"),
    ],
    besides: ", CAST('' AS TEXT) AS manager_id",
};

/// Accounts.
pub const ACCOUNTS: Shape = Shape {
    table: "accounts",
    staged: "staged_accounts",
    key: "id",
    fields: &[
        ("id", "id"),
        ("name", "name"),
        ("owner", "owner_id"),
        ("lat", "lat_e6"),
        ("lon", "lon_e6"),
        ("approximate", "place_is_approximate"),
        ("region", "region"),
        ("country", "country"),
        ("time_zone", "time_zone"),
        ("annual_value", "annual_value_cents"),
        ("annual_commission", "annual_commission_cents"),
        ("visits_a_year", "visits_a_year"),
        ("visit_minutes", "visit_minutes"),
        ("language", "language"),
        ("language_required", "language_required"),
        ("industry", "industry"),
        ("industry_required", "industry_required"),
        ("licences_required", "licences_required"),
        ("style", "style"),
        ("traits", "traits"),
        ("parent", "parent_id"),
        ("conflicts", "conflicts"),
        ("status", "status"),
        ("merged_into", "merged_into"),
    ],
    besides: "",
};

/// History of pairs.
pub const HISTORY: Shape = Shape {
    table: "history",
    staged: "staged_history",
    key: "id",
    fields: &[
        ("id", "id"),
        ("rep", "rep_id"),
        ("account", "account_id"),
        ("started_on", "started_on"),
        ("ended_on", "ended_on"),
        ("stars", "stars_hundredths"),
        ("visits_planned", "visits_planned"),
        ("visits_kept", "visits_kept"),
    ],
    besides: "",
};

/// Submissions. The id and the version of a row are those it gets if it is new or changed.
pub const SUBMISSIONS: Shape = Shape {
    table: "submissions",
    staged: "staged_submissions",
    key: "account_id",
    fields: &[
        ("account", "account_id"),
        ("rep", "rep_id"),
        ("stars", "stars_hundredths"),
        ("reasons", "reasons"),
        ("note", "note"),
        ("share_reasons", "reasons_shared"),
    ],
    besides: ", id, created_at, version",
};

/// Deals.
pub const DEALS: Shape = Shape {
    table: "open_deals",
    staged: "staged_open_deals",
    key: "id",
    fields: &[
        ("id", "id"),
        ("account", "account_id"),
        ("amount", "amount_cents"),
        ("commission", "commission_cents"),
        ("closes_on", "closes_on"),
        ("treatment", "treatment"),
        ("closed", "closed"),
    ],
    besides: "",
};

impl Shape {
    /// The column of a field.
    pub(super) fn column(&self, field: &str) -> &'static str {
        self.fields.iter().find(|(name, _)| *name == field).expect("a field of the shape").1
    }

    /// The columns a file gives, without what identifies a row. A column that no row has, such as the manager, is left out.
    pub(super) fn given(&self, fields: &BTreeSet<&str>) -> Vec<&'static str> {
        self.fields
            .iter()
            .filter(|(field, column)| fields.contains(field) && *column != self.key)
            .map(|(_, column)| *column)
            .collect()
    }

    /// All columns, with commas between them.
    pub(super) fn columns(&self) -> String {
        self.fields.iter().map(|(_, column)| *column).collect::<Vec<_>>().join(", ")
    }
}

/// Whether a staged row says something else than the real one, in the columns given.
pub(super) fn differs(table: &str, columns: &[&str]) -> String {
    let each = columns.iter().map(|column| format!("{table}.{column} IS DISTINCT FROM s.{column}"));
    format!("({})", each.collect::<Vec<_>>().join(" OR "))
}

/// The columns of a submission that a file says something about.
pub(super) fn said(fields: &BTreeSet<&str>) -> Vec<&'static str> {
    SUBMISSIONS.given(fields).into_iter().filter(|column| *column != "rep_id").collect()
}
