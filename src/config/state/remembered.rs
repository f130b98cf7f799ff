//! The values that were last given for the parameters of saved queries.
//!
//! Kept by profile and query. Invariant: a value that may be a secret is never kept, by its parameter's name or its own
//! words; and there is a bound to how many are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::query::secret::may_hold_a_secret;

/// The most queries whose values are kept; the one that was run the longest ago goes first.
const MOST: usize = 500;
/// The longest value that is kept, in bytes.
const LONGEST: usize = 4 << 10;

/// What was given for one query.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// When, in milliseconds since the epoch.
    pub at: u64,
    /// The texts as typed, by the parameter's name.
    pub given: BTreeMap<String, String>,
}

/// The values that were last given, by [`Remembered::key`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Remembered {
    values: BTreeMap<String, Values>,
}

impl Remembered {
    /// The key of a query on a profile.
    #[must_use]
    pub fn key(profile: &str, query: &str) -> String {
        format!("{profile}/{query}")
    }

    /// What was last given for a query on a profile.
    #[must_use]
    pub fn given(&self, profile: &str, query: &str) -> Option<&BTreeMap<String, String>> {
        self.values
            .get(&Self::key(profile, query))
            .map(|v| &v.given)
    }

    /// Takes what is given for a query on a profile, but for what may be a secret. Whether anything changed.
    pub fn take(
        &mut self,
        profile: &str,
        query: &str,
        at: u64,
        given: &BTreeMap<String, String>,
    ) -> bool {
        let given: BTreeMap<String, String> = given
            .iter()
            .filter(|(name, value)| {
                value.len() <= LONGEST && !may_hold_a_secret(name) && !may_hold_a_secret(value)
            })
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let key = Self::key(profile, query);
        let same = self.values.get(&key).map(|v| &v.given) == Some(&given);
        if given.is_empty() {
            return self.values.remove(&key).is_some();
        }
        self.values.insert(key, Values { at, given });
        while self.values.len() > MOST {
            let oldest = self.values.iter().min_by_key(|(_, v)| v.at);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else {
                break;
            };
            self.values.remove(&key);
        }
        !same
    }

    /// Takes what another has for one query, for two consoles that write one file in turn.
    pub fn merge(&mut self, profile: &str, query: &str, from: &Self) {
        let key = Self::key(profile, query);
        match from.values.get(&key) {
            Some(values) => self.values.insert(key, values.clone()),
            None => self.values.remove(&key),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let own = |(k, v): &(&str, &str)| ((*k).to_owned(), (*v).to_owned());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn values_are_kept_by_profile_and_query_and_secrets_are_not() {
        let mut held = Remembered::default();
        let values = given(&[
            ("since", "2026-01-01"),
            ("apiKey", "x"),
            ("q", "mongodb://a:b@c"),
        ]);
        assert!(held.take("main", "late", 1, &values));
        assert!(!held.take("main", "late", 2, &values), "nothing is new");
        assert_eq!(
            held.given("main", "late"),
            Some(&given(&[("since", "2026-01-01")]))
        );
        assert_eq!(held.given("other", "late"), None);
    }

    #[test]
    fn the_oldest_go_where_there_are_too_many() {
        let mut held = Remembered::default();
        for n in 0..MOST as u64 + 10 {
            held.take("main", &format!("q{n}"), n, &given(&[("a", "1")]));
        }
        assert_eq!(held.given("main", "q0"), None);
        assert!(held.given("main", "q10").is_some());
    }
}
