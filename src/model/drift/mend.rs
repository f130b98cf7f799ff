//! A fix of one document, planned as the editor plans its writes.
//!
//! Invariant: what is planned changes nothing but the places of its target, and holds only while these still have the
//! values that were read.

use bson::{Bson, RawBson, RawDocument, RawDocumentBuf};

use super::place::Place;
use crate::model::{DefaultValue, FixEdit, Model, Violation};
use crate::value::edit::edit;
use crate::value::update::{Plan, PlanError, plan};
use crate::value::{Path, Value};

/// What a fix does at each place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FixKind {
    /// Converts the value to the kind that the model wants.
    Cast,
    /// Sets the model's default.
    Default,
    /// Cuts white space from both ends; and lower or upper case, where the model wants that too.
    Trim,
    /// Turns text to lower case.
    Lowercase,
    /// Turns text to upper case.
    Uppercase,
    /// Sets the nearest of the values that the model allows.
    Nearest,
    /// Sets the bound that the value is beyond.
    Bound,
    /// Sets `null`, for an empty text where a number or a date is wanted.
    Null,
    /// Takes the field, or the element of an array, away.
    Unset,
}

impl FixKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Cast,
        Self::Default,
        Self::Trim,
        Self::Lowercase,
        Self::Uppercase,
        Self::Nearest,
        Self::Bound,
        Self::Null,
        Self::Unset,
    ];

    /// One word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cast => "cast",
            Self::Default => "default",
            Self::Trim => "trim",
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
            Self::Nearest => "nearest",
            Self::Bound => "bound",
            Self::Null => "null",
            Self::Unset => "unset",
        }
    }

    /// What it does, as an order.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Cast => "convert to the model's kind",
            Self::Default => "set the default",
            Self::Trim => "cut white space from both ends",
            Self::Lowercase => "turn to lower case",
            Self::Uppercase => "turn to upper case",
            Self::Nearest => "set the nearest allowed value",
            Self::Bound => "set the bound",
            Self::Null => "set `null`",
            Self::Unset => "take away",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.word() == word)
    }
}

/// What is to be mended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// The violations of one group.
    Violations {
        /// Where.
        place: Place,
        /// Which rule.
        kind: String,
    },
    /// Fields that documents lack and the model has a default for.
    Missing(Vec<Place>),
}

/// What a fix would do to one document.
#[derive(Debug, Clone, PartialEq)]
pub enum Mended {
    /// The document has nothing of the target.
    Untouched,
    /// It has, but this fix does not mend it.
    Unfit,
    /// It cannot be written: its `_id`, or its bytes.
    Blocked(PlanError),
    /// It would be changed.
    Changed(Box<Change>),
}

/// A planned change of one document.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The document after it.
    pub after: RawDocumentBuf,
    /// The write, guarded by what was read.
    pub plan: Plan,
}

/// Which fix a violation brought, where it brought one.
#[must_use]
pub fn fix_of(violation: &Violation) -> Option<FixKind> {
    let fix = violation.fix.as_ref()?;
    Some(match violation.kind.as_str() {
        "required" => FixKind::Default,
        "trim" => FixKind::Trim,
        "lowercase" => FixKind::Lowercase,
        "uppercase" => FixKind::Uppercase,
        "enum" => FixKind::Nearest,
        "min" | "max" => FixKind::Bound,
        _ => match fix.edits.first()? {
            FixEdit::Unset(_) => FixKind::Unset,
            FixEdit::Set(_, RawBson::Null) => FixKind::Null,
            FixEdit::Set(..) => FixKind::Cast,
        },
    })
}

/// Plans `fix` for one document.
#[must_use]
pub fn mend(model: &Model, document: &RawDocument, target: &Target, fix: FixKind) -> Mended {
    let mut absent = Vec::new();
    let violations = model.inspect(document, &mut absent);
    let mut sets: Vec<(Path, Value)> = Vec::new();
    let mut unsets: Vec<Path> = Vec::new();
    let mut found = false;
    match target {
        Target::Violations { place, kind } => {
            for violation in violations {
                if violation.kind != *kind || !place.fits(&violation.path) {
                    continue;
                }
                found = true;
                collect(model, place, violation, fix, &mut sets, &mut unsets);
            }
        }
        Target::Missing(places) => {
            for path in absent {
                let Some(place) = places.iter().find(|p| p.fits(&path)) else {
                    continue;
                };
                found = true;
                if let Some(value) = default_of(model, place) {
                    sets.push((path, value));
                }
            }
        }
    }
    if !found {
        return Mended::Untouched;
    }
    if sets.is_empty() && unsets.is_empty() {
        return Mended::Unfit;
    }
    let after = match edit(document, &sets, &unsets) {
        Ok(after) => after,
        Err(problem) => return Mended::Blocked(problem.into()),
    };
    match plan(document, &after) {
        Ok(plan) => Mended::Changed(Box::new(Change { after, plan })),
        Err(PlanError::Unchanged) => Mended::Unfit,
        Err(problem) => Mended::Blocked(problem),
    }
}

fn collect(
    model: &Model,
    place: &Place,
    violation: Violation,
    fix: FixKind,
    sets: &mut Vec<(Path, Value)>,
    unsets: &mut Vec<Path>,
) {
    if fix_of(&violation) == Some(fix)
        && let Some(own) = violation.fix
    {
        for change in own.edits {
            match change {
                FixEdit::Set(path, value) => sets.push((path, Value::new(value.as_raw_bson_ref()))),
                FixEdit::Unset(path) => unsets.push(path),
            }
        }
        return;
    }
    match fix {
        FixKind::Unset => unsets.push(violation.path),
        FixKind::Default => {
            if let Some(value) = default_of(model, place) {
                sets.push((violation.path, value));
            }
        }
        _ => {}
    }
}

fn default_of(model: &Model, place: &Place) -> Option<Value> {
    match &place.field(model)?.default {
        DefaultValue::Value(Bson::Null | Bson::Undefined) => None,
        DefaultValue::Value(value) => RawBson::try_from(value.clone())
            .ok()
            .map(|raw| Value::new(raw.as_raw_bson_ref())),
        _ => None,
    }
}
