//! Who may drive here: the access tags, from the most special to the most general.
//!
//! In go tags; out comes, for each direction, whether a car may pass, may pass only to somebody who lives or delivers
//! there, or may not.

use super::tags::Tags;

/// The keys that say whether a car may pass, the most special first.
pub const KEYS: [&str; 4] = ["motorcar", "motor_vehicle", "vehicle", "access"];

/// Whether a car may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing is said.
    Unsaid,
    /// It may.
    Open,
    /// It may, to get to a place there, not through.
    Restricted,
    /// It may on roads that are made for cars where [`Self::Restricted`] is asked for; the same tag closes a path.
    Closed,
    /// A value nobody knows, which forbids nothing.
    Unknown,
}

/// What a value of an access tag says; of a list such as `agricultural;destination` the kindest counts.
pub fn access_of(value: Option<&str>) -> Access {
    let Some(value) = value else { return Access::Unsaid };
    let said = value.split(';').map(|part| of_one(part.trim()));
    said.min_by_key(|access| match access {
        Access::Open => 0,
        Access::Restricted => 1,
        Access::Closed => 2,
        Access::Unknown | Access::Unsaid => 3,
    })
    .unwrap_or(Access::Unknown)
}

fn of_one(value: &str) -> Access {
    match value {
        "yes" | "motorcar" | "motor_vehicle" | "vehicle" | "permissive" | "designated" | "hov" => Access::Open,
        "private" | "delivery" | "destination" | "customers" | "permit" | "residents" | "unknown" => Access::Restricted,
        "no" | "agricultural" | "forestry" | "emergency" | "psv" | "taxi" | "share_taxi" | "minibus" | "bus"
        | "foot" | "emergency_vehicle" | "restricted" | "military" | "official" => Access::Closed,
        _ => Access::Unknown,
    }
}

/// The access value of a node or a way that is the same both ways.
pub fn value<'a>(tags: Tags<'a>) -> Option<&'a str> {
    KEYS.iter().find_map(|key| tags.get(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_special_key_counts_and_the_kindest_of_a_list() {
        let tags = Tags(&[("access", "no"), ("motorcar", "agricultural;destination")]);
        assert_eq!(access_of(value(tags)), Access::Restricted);
        assert_eq!(access_of(Some("no")), Access::Closed);
        assert_eq!(access_of(Some("no;yes")), Access::Open);
        assert_eq!(access_of(Some("discouraged")), Access::Unknown);
        assert_eq!(access_of(None), Access::Unsaid);
    }
}
