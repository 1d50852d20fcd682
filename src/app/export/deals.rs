//! Deals as a file that can be imported again: the importer's columns, closed deals included.
//!
//! In goes an administrator or a service; out comes CSV. Cost: a page of a thousand rows at a time, and the file in memory.
//! Deliberately absent: what becomes of a deal's commission.

use super::{
    allowed, id,
    roster::{Column, File, PAGE, maybe, money, plain},
};
use crate::{
    app::{Reader, Refused},
    domain::principal::Principal,
    store::deals::{self, KeptDeal},
};

/// The columns of deals.
const DEALS: &[Column<KeptDeal>] = &[
    ("id", |kept| id(kept.deal.id.as_str())),
    ("account", |kept| id(kept.account.as_str())),
    ("amount", |kept| money(kept.deal.amount_cents)),
    ("commission", |kept| kept.deal.commission_cents.map_or_else(|| Ok(String::new()), money)),
    ("closes_on", |kept| maybe(kept.deal.closes_on)),
    ("treatment", |kept| maybe(kept.deal.treatment)),
    ("closed", |kept| plain(kept.closed)),
];

/// Every deal, by id.
///
/// Errors: only administrators and services may export.
pub fn deals(reader: &mut Reader<'_>, who: &Principal) -> Result<String, Refused> {
    allowed(who)?;
    let mut file = File::new(DEALS);
    loop {
        let page = deals::list(reader, file.last.as_ref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(file.text()) };
        file.last = Some(last.deal.id.clone());
        for kept in page {
            file.write(&kept)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::import::ImportKind;

    #[test]
    fn a_file_has_the_importers_columns() {
        let ours: Vec<&str> = DEALS.iter().map(|(name, _)| *name).collect();
        let imported: Vec<&str> = ImportKind::Deals.columns().iter().map(|about| about.name).collect();
        assert_eq!(ours, imported);
    }
}
