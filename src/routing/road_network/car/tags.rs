//! The tags of one element, looked up by key.
//!
//! In goes a list of keys and values; out come values, also by key and direction.
//! Holds: nothing is copied.
//! Costs: a look-up reads the list, which has some ten entries.

/// The tags of one element.
#[derive(Debug, Clone, Copy)]
pub struct Tags<'a>(pub &'a [(&'a str, &'a str)]);

impl<'a> Tags<'a> {
    /// The value of a key; none where the value is empty.
    pub fn get(self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(found, value)| *found == key && !value.is_empty()).map(|(_, value)| *value)
    }

    /// Whether a key has this value.
    pub fn is(self, key: &str, value: &str) -> bool {
        self.get(key) == Some(value)
    }

    /// The value of `key:suffix`.
    pub fn get_of(self, key: &str, suffix: &str) -> Option<&'a str> {
        let is_it = |found: &str| {
            found.strip_prefix(key).and_then(|rest| rest.strip_prefix(':')).is_some_and(|rest| rest == suffix)
        };
        self.0.iter().find(|(found, value)| is_it(found) && !value.is_empty()).map(|(_, value)| *value)
    }

    /// The values forward and backward of the first of `keys` that has one, each direction for itself.
    pub fn both_ways(self, keys: &[&str]) -> [Option<&'a str>; 2] {
        let first = |suffix| keys.iter().find_map(|key| self.get_of(key, suffix).or_else(|| self.get(key)));
        [first("forward"), first("backward")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_of_its_own_comes_before_what_both_share() {
        let tags = Tags(&[("maxspeed", "50"), ("maxspeed:backward", "30"), ("maxspeed:advisory:forward", "40")]);
        assert_eq!(tags.both_ways(&["maxspeed:advisory", "maxspeed"]), [Some("40"), Some("30")]);
        assert_eq!(tags.both_ways(&["maxspeed"]), [Some("50"), Some("30")]);
        assert_eq!(tags.both_ways(&["maxheight"]), [None, None]);
    }
}
