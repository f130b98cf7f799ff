//! Putting a read load on a profile's pool: the prompt for it, and its figures over the panes.
//!
//! Only a profile that allows it is asked; how much is bounded is the runner's to say.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::App;
use super::command::Command;
use super::effect::Effect;
use super::field::Field;
use super::overlay::{Overlay, Prompt, Purpose};
use super::query::text::{Around, read};
use super::scope::Asker;
use super::update::scope;
use crate::mongo::request::load::{LONGEST, Load, LoadReport, MOST_AT_ONCE, SHORTEST};
use crate::mongo::request::{Failure, ProfileName, Reply, Request};

/// The figures of a load, over the panes.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The profile.
    pub profile: ProfileName,
    /// The figures.
    pub report: Arc<LoadReport>,
    /// The first line shown.
    pub first: usize,
}

/// A time with its unit: `500ms`, `10s`, `2m`.
fn span(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => number,
        "s" => number.checked_mul(1_000)?,
        "m" => number.checked_mul(60_000)?,
        _ => return None,
    };
    Some(Duration::from_millis(millis))
}

/// What a person wrote: how many at once, for how long, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wish {
    at_once: u32,
    lasts: Duration,
    query: Option<String>,
}

fn wish(text: &str) -> Result<Wish, String> {
    let usage = || {
        format!(
            "write `20 10s`, or `20 10s db.COLL.find({{…}})`: from 1 to {MOST_AT_ONCE} at once, for at most {} s",
            LONGEST.as_secs()
        )
    };
    let text = text.trim();
    let (at_once, rest) = text.split_once(char::is_whitespace).ok_or_else(usage)?;
    let rest = rest.trim_start();
    let (lasts, query) = match rest.split_once(char::is_whitespace) {
        Some((lasts, query)) => (lasts, query.trim()),
        None => (rest, ""),
    };
    let at_once = at_once
        .parse()
        .ok()
        .filter(|n| (1..=MOST_AT_ONCE).contains(n))
        .ok_or_else(usage)?;
    let lasts = span(lasts)
        .filter(|t| (SHORTEST..=LONGEST).contains(t))
        .ok_or_else(usage)?;
    Ok(Wish {
        at_once,
        lasts,
        query: (!query.is_empty()).then(|| query.to_owned()),
    })
}

impl App {
    /// Asks how much load there should be.
    pub(super) fn ask_load(&mut self, effects: &mut Vec<Effect>) {
        let Some(profile) = self.shown_profile() else {
            return;
        };
        let allowed = self.profiles.get(&profile).is_some_and(|p| p.allow_load);
        if !allowed {
            let mut scope = scope!(self, (*effects));
            scope.warn(format!(
                "profile `{profile}` allows no load: write `allow_load = true` in its configuration"
            ));
            return;
        }
        self.overlays.push(Overlay::Prompt(Prompt {
            title: format!("load on `{profile}`: how many at once, for how long, and what"),
            hint: "20 10s   or   20 10s db.users.find({})   (without a query: ping)".to_owned(),
            field: Field::new("20 10s"),
            problem: None,
            purpose: Purpose::Load(profile),
        }));
    }

    /// Takes the answer: begins the load, or says what cannot be read.
    pub(super) fn load_answered(
        &mut self,
        profile: ProfileName,
        text: &str,
        effects: &mut Vec<Effect>,
    ) -> Result<(), String> {
        let wish = wish(text)?;
        let database = self.load_database(&profile);
        let collection = self
            .documents()
            .filter(|d| d.profile == profile)
            .map(|d| d.namespace.collection.clone());
        let statement = match &wish.query {
            None => None,
            Some(query) => {
                let parameters = BTreeMap::new();
                let around = Around {
                    parameters: &parameters,
                    database: &database,
                    collection: collection.as_deref(),
                    now: self.now,
                };
                let (statement, _) = read(query, around).map_err(|problems| {
                    let first = problems.first().map(|p| p.message.clone());
                    first.unwrap_or_else(|| "that cannot be read".to_owned())
                })?;
                if let Some(why) = Load::refusal(&statement) {
                    return Err(why);
                }
                Some(statement)
            }
        };
        let load = Load {
            at_once: wish.at_once,
            lasts: wish.lasts,
            statement,
            text: wish.query.unwrap_or_else(|| "ping".to_owned()),
        };
        let mut scope = scope!(self, (*effects));
        scope.info(format!(
            "load on `{profile}`: {} at once for {:.1} s",
            load.at_once,
            load.lasts.as_secs_f64()
        ));
        scope.ask(Asker::Load, &profile, Request::Load(Box::new(load)));
        Ok(())
    }

    fn load_database(&self, profile: &ProfileName) -> String {
        let shown = self.documents().filter(|d| d.profile == *profile);
        shown
            .map(|d| d.namespace.database.clone())
            .or_else(|| self.profiles.get(profile).and_then(|p| p.database.clone()))
            .unwrap_or_else(|| "test".to_owned())
    }

    /// Shows what a load came to.
    pub(super) fn load_settled(
        &mut self,
        profile: &ProfileName,
        result: Result<Reply, Failure>,
        effects: &mut Vec<Effect>,
    ) {
        match result {
            Ok(Reply::Loaded(report)) => self.overlays.push(Overlay::Loaded(Box::new(Loaded {
                profile: profile.clone(),
                report: Arc::new(*report),
                first: 0,
            }))),
            Ok(_) => {}
            Err(failure) => {
                let mut scope = scope!(self, (*effects));
                scope.fail(&failure);
            }
        }
    }
}

impl Loaded {
    /// Takes a command that scrolls.
    pub(super) fn command(&mut self, command: Command, rows: usize) {
        super::overlay::scroll(&mut self.first, command, rows);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_wish_has_a_number_a_time_and_perhaps_a_query() {
        let read = wish("20 10s").unwrap();
        assert_eq!((read.at_once, read.lasts), (20, Duration::from_secs(10)));
        assert_eq!(read.query, None);
        let read = wish(" 5  500ms  db.a.find({b: 'c d'}) ").unwrap();
        assert_eq!(read.query.as_deref(), Some("db.a.find({b: 'c d'})"));
    }

    #[test]
    fn what_is_no_bounded_load_is_refused() {
        for text in [
            "", "20", "20 10", "0 10s", "1001 10s", "20 301s", "20 10ms", "x 10s",
        ] {
            assert!(wish(text).is_err(), "{text}");
        }
    }
}
