//! What a spreadsheet takes for a formula, and how a name is kept from being one.
//!
//! In goes a name; out comes one that is harmless, or the name that was made so. Deliberately absent: ids, which are never
//! altered.

/// Characters a spreadsheet takes for the beginning of a formula.
pub(super) const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A name with an apostrophe before what would be a formula; one that already looks so gets another, so that taking
/// one away always gives the name back.
pub(in crate::app) fn harmless(name: &str) -> String {
    if name.trim_start_matches('\'').starts_with(FORMULA) { format!("'{name}") } else { name.to_owned() }
}

/// What [`harmless`] was given.
pub(in crate::app) fn unharmed(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.trim_start_matches('\'').starts_with(FORMULA) => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_harmless_name_never_begins_like_a_formula_and_can_be_turned_back() {
        for name in ["=1+1", "+49", "-", "@SUM(A1)", "\tx", "\rx", "'=x", "''-", "O'Neill", "'tis", "", "Ändern"] {
            let safe = harmless(name);
            assert!(!safe.starts_with(FORMULA), "{safe:?}");
            assert_eq!(unharmed(&safe), name);
        }
    }
}
