//! How the duals of a step are written: each different number once, and for each place which one it is.
//!
//! In: duals, or what was written of them. Out: the other. Holds: nothing is lost. Costs: a sort. Absent: runs, for what
//! is read must take no more memory than a small multiple of what was written.
//!
//! A step compares a few ranks of gain, so that most vertices of its part have the same dual, of some forty digits.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::solver::assignment::Potentials;
use crate::solver::certificate::{Blossom, Certificate};

/// Numbers of which many are alike.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alike {
    /// The different numbers, the most frequent first.
    values: Vec<i128>,
    /// For each place the index of its number.
    which: Vec<u32>,
}

impl Alike {
    fn of(numbers: &[i128]) -> Self {
        let mut places: BTreeMap<i128, Vec<usize>> = BTreeMap::new();
        for (place, &number) in numbers.iter().enumerate() {
            places.entry(number).or_default().push(place);
        }
        let mut places: Vec<(i128, Vec<usize>)> = places.into_iter().collect();
        places.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
        let mut which = vec![0; numbers.len()];
        for (index, place) in
            (0u32..).zip(&places).flat_map(|(index, (_, places))| places.iter().map(move |p| (index, p)))
        {
            which[*place] = index;
        }
        Self { values: places.into_iter().map(|(number, _)| number).collect(), which }
    }

    /// Returns the numbers, unless one of them is not listed.
    fn numbers(&self) -> Option<Vec<i128>> {
        self.which.iter().map(|&index| self.values.get(index as usize).copied()).collect()
    }
}

/// A dual solution that can be written.
pub trait Written: Sized {
    /// What is written.
    type Form: Serialize + DeserializeOwned;

    /// Returns what is to be written.
    fn form(&self) -> Self::Form;

    /// Returns what was written, unless it makes no sense.
    fn read(form: Self::Form) -> Option<Self>;
}

impl Written for Certificate<i128> {
    type Form = (Alike, Vec<Blossom<i128>>);

    fn form(&self) -> Self::Form {
        (Alike::of(&self.vertex_duals_2x), self.blossoms.clone())
    }

    fn read((vertices, blossoms): Self::Form) -> Option<Self> {
        Some(Self { vertex_duals_2x: vertices.numbers()?, blossoms })
    }
}

impl Written for Potentials<i128> {
    type Form = (Alike, Alike);

    fn form(&self) -> Self::Form {
        (Alike::of(&self.from), Alike::of(&self.to))
    }

    fn read((from, to): Self::Form) -> Option<Self> {
        Some(Self { from: from.numbers()?, to: to.numbers()? })
    }
}

/// Writes duals.
pub(super) fn serialize<D: Written, S: Serializer>(duals: &D, serializer: S) -> Result<S::Ok, S::Error> {
    duals.form().serialize(serializer)
}

/// Reads duals.
pub(super) fn deserialize<'de, D: Written, T: Deserializer<'de>>(deserializer: T) -> Result<D, T::Error> {
    let form = D::Form::deserialize(deserializer)?;
    D::read(form).ok_or_else(|| T::Error::custom("a dual is none of those listed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_were_written() {
        for numbers in [vec![], vec![7], vec![1 << 100, 0, -5, 0, 0, -5, i128::MIN]] {
            let alike = Alike::of(&numbers);
            assert_eq!(alike.numbers().as_ref(), Some(&numbers));
            let text = serde_json::to_string(&alike).unwrap();
            assert_eq!(serde_json::from_str::<Alike>(&text).unwrap().numbers(), Some(numbers));
        }
        let alike = Alike::of(&[0, 9, 9]);
        assert_eq!((alike.values, alike.which), (vec![9, 0], vec![1, 0, 0]));
    }

    #[test]
    fn a_number_that_is_not_listed_is_refused() {
        let potentials = r#"[{"values":[1],"which":[0]},{"values":[1],"which":[1]}]"#;
        let mut reader = serde_json::Deserializer::from_str(potentials);
        let refused = deserialize::<Potentials<i128>, _>(&mut reader).unwrap_err();
        assert!(refused.to_string().contains("a dual is none of those listed"), "{refused}");
    }
}
