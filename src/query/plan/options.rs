//! The options of a statement, taken one by one, so that one that nobody took can be refused.

use bson::raw::CString;
use bson::{RawBson, RawBsonRef, RawDocument, RawDocumentBuf};

use super::{Mode, Preference, Refused};
use crate::value::diagnostic::did_you_mean;

/// Options that are still to be taken.
pub(super) struct Options {
    /// Whose they are, for words.
    of: &'static str,
    left: Vec<(String, RawBson)>,
    /// The names that were asked for.
    known: Vec<&'static str>,
}

impl Options {
    /// The options in `given`: a document, or nothing.
    pub(super) fn new(of: &'static str, given: Option<&RawBson>) -> Result<Self, Refused> {
        let mut left: Vec<(String, RawBson)> = Vec::new();
        match given {
            None | Some(RawBson::Null | RawBson::Undefined) => {}
            Some(RawBson::Document(document)) => {
                for (key, value) in document.iter().flatten() {
                    left.push((key.as_str().to_owned(), value.into()));
                }
            }
            Some(_) => {
                return Err(
                    Refused::new(format!("the options of `{of}` are a document"))
                        .with_help("write them between `{` and `}`"),
                );
            }
        }
        Ok(Self {
            of,
            left,
            known: Vec::new(),
        })
    }

    /// Puts an option in, over one of the same name.
    pub(super) fn put(&mut self, name: &str, value: RawBson) {
        self.left.retain(|(key, _)| key != name);
        self.left.push((name.to_owned(), value));
    }

    /// The option, which is then taken; nothing where it is null or not there.
    pub(super) fn take(&mut self, name: &'static str) -> Option<RawBson> {
        self.known.push(name);
        let at = self.left.iter().position(|(key, _)| key == name)?;
        match self.left.remove(at).1 {
            RawBson::Null | RawBson::Undefined => None,
            value => Some(value),
        }
    }

    /// The option as a document.
    pub(super) fn document(
        &mut self,
        name: &'static str,
    ) -> Result<Option<RawDocumentBuf>, Refused> {
        match self.take(name) {
            None => Ok(None),
            Some(RawBson::Document(document)) => Ok(Some(document)),
            Some(_) => Err(self.wrong(name, "a document")),
        }
    }

    /// The option as yes or no.
    pub(super) fn flag(&mut self, name: &'static str) -> Result<Option<bool>, Refused> {
        match self.take(name) {
            None => Ok(None),
            Some(RawBson::Boolean(set)) => Ok(Some(set)),
            Some(other) => match whole(&other) {
                Some(n) => Ok(Some(n != 0)),
                None => Err(self.wrong(name, "`true` or `false`")),
            },
        }
    }

    /// The option as a whole number.
    pub(super) fn whole(&mut self, name: &'static str) -> Result<Option<i64>, Refused> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => match whole(&value) {
                Some(n) => Ok(Some(n)),
                None => Err(self.wrong(name, "a whole number")),
            },
        }
    }

    /// The option as a count: a whole number that is not negative.
    pub(super) fn count(&mut self, name: &'static str) -> Result<Option<u64>, Refused> {
        match self.whole(name)? {
            None => Ok(None),
            Some(n) => match u64::try_from(n) {
                Ok(n) => Ok(Some(n)),
                Err(_) => Err(self.wrong(name, "a number that is not negative")),
            },
        }
    }

    /// The option as a string or a document: an index.
    pub(super) fn hint(&mut self) -> Result<Option<RawBson>, Refused> {
        match self.take("hint") {
            None => Ok(None),
            Some(hint @ (RawBson::String(_) | RawBson::Document(_))) => Ok(Some(hint)),
            Some(_) => Err(self.wrong("hint", "an index's name or its keys")),
        }
    }

    /// `{level: …}` out of a level or such a document.
    pub(super) fn read_concern(&mut self) -> Result<Option<RawDocumentBuf>, Refused> {
        match self.take("readConcern") {
            None => Ok(None),
            Some(RawBson::String(level)) => Ok(Some(bson::rawdoc! { "level": level })),
            Some(RawBson::Document(concern)) => Ok(Some(concern)),
            Some(_) => Err(self.wrong("readConcern", "a level such as `\"majority\"`")),
        }
    }

    /// `{w: …}` out of a number, a word or such a document.
    pub(super) fn write_concern(&mut self) -> Result<Option<RawDocumentBuf>, Refused> {
        let mut concern = match self.take("writeConcern") {
            None => None,
            Some(RawBson::Document(concern)) => Some(concern),
            Some(w @ (RawBson::String(_) | RawBson::Int32(_) | RawBson::Int64(_))) => {
                let mut concern = RawDocumentBuf::new();
                concern.append(bson::raw::cstr!("w"), w);
                Some(concern)
            }
            Some(_) => return Err(self.wrong("writeConcern", "a document such as `{w: 1}`")),
        };
        // The older way, with each part an option of its own.
        for name in ["w", "j", "wtimeout"] {
            let name: &'static str = name;
            if let Some(part) = self.take(name) {
                append(
                    concern.get_or_insert_with(RawDocumentBuf::new),
                    name,
                    part.as_raw_bson_ref(),
                );
            }
        }
        Ok(concern.filter(|c| !c.is_empty()))
    }

    /// Which members may answer.
    pub(super) fn preference(&mut self) -> Result<Option<Preference>, Refused> {
        let given = self.take("readPreference");
        let tags = self.take("readPreferenceTags");
        match given {
            None => Ok(None),
            Some(RawBson::String(word)) => preference(&word, tags.as_ref()).map(Some),
            Some(RawBson::Document(whole)) => {
                let word = whole.get_str("mode").unwrap_or_default().to_owned();
                let tags = whole
                    .get("tags")
                    .or_else(|_| whole.get("tagSets"))
                    .ok()
                    .flatten()
                    .map(RawBson::from);
                let mut preference = preference(&word, tags.as_ref())?;
                preference.max_staleness = whole
                    .get("maxStalenessSeconds")
                    .ok()
                    .flatten()
                    .and_then(|v| whole_ref(v))
                    .and_then(|n| u64::try_from(n).ok());
                Ok(Some(preference))
            }
            Some(_) => Err(self.wrong("readPreference", "a mode such as `\"secondary\"`")),
        }
    }

    /// All options were taken, or the first that was not is refused.
    pub(super) fn finish(self) -> Result<(), Refused> {
        let Some((name, _)) = self.left.first() else {
            return Ok(());
        };
        let refused = Refused::new(format!("`{}` has no option `{name}` here", self.of));
        Err(match did_you_mean(name, self.known.iter().copied()) {
            Some(near) => refused.with_help(format!("did you mean `{near}`?")),
            None => refused.with_help("remove it, or send the command with `db.runCommand({…})`"),
        })
    }

    /// What was not taken, for a server that judges itself.
    pub(super) fn rest(self) -> Vec<(String, RawBson)> {
        self.left
    }

    pub(super) fn wrong(&self, name: &str, what: &str) -> Refused {
        Refused::new(format!("`{name}` of `{}` is {what}", self.of))
    }
}

/// The preference of this mode, with these sets of tags.
pub(super) fn preference(word: &str, tags: Option<&RawBson>) -> Result<Preference, Refused> {
    let mode = match word {
        "primary" => Mode::Primary,
        "primaryPreferred" => Mode::PrimaryPreferred,
        "secondary" => Mode::Secondary,
        "secondaryPreferred" => Mode::SecondaryPreferred,
        "nearest" => Mode::Nearest,
        other => {
            let words = [
                "primary",
                "primaryPreferred",
                "secondary",
                "secondaryPreferred",
                "nearest",
            ];
            let refused = Refused::new(format!("`{other}` is no read preference"));
            return Err(match did_you_mean(other, words) {
                Some(near) => refused.with_help(format!("did you mean `{near}`?")),
                None => refused.with_help(format!("write one of `{}`", words.join("`, `"))),
            });
        }
    };
    let mut sets = Vec::new();
    match tags {
        None | Some(RawBson::Null | RawBson::Undefined) => {}
        Some(RawBson::Document(one)) => sets.push(one.clone()),
        Some(RawBson::Array(list)) => {
            for set in list.into_iter().flatten() {
                match set {
                    RawBsonRef::Document(set) => sets.push(set.to_owned()),
                    _ => return Err(Refused::new("a set of tags is a document of strings")),
                }
            }
        }
        Some(_) => return Err(Refused::new("sets of tags are an array of documents")),
    }
    for set in &sets {
        if set
            .iter()
            .flatten()
            .any(|(_, value)| !matches!(value, RawBsonRef::String(_)))
        {
            return Err(Refused::new("a tag's value is a string"));
        }
    }
    if mode == Mode::Primary && sets.iter().any(|s| !s.is_empty()) {
        return Err(Refused::new("the primary cannot be chosen by tags")
            .with_help("write another mode, such as `nearest`"));
    }
    Ok(Preference {
        mode,
        tags: sets,
        max_staleness: None,
    })
}

/// A whole number of any kind.
pub(super) fn whole(value: &RawBson) -> Option<i64> {
    whole_ref(value.as_raw_bson_ref())
}

pub(super) fn whole_ref(value: RawBsonRef<'_>) -> Option<i64> {
    match value {
        RawBsonRef::Int32(n) => Some(i64::from(n)),
        RawBsonRef::Int64(n) => Some(n),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it was checked to be whole and within an exact range"
        )]
        RawBsonRef::Double(n) if n.fract() == 0.0 && n.abs() <= 9_007_199_254_740_992.0 => {
            Some(n as i64)
        }
        _ => None,
    }
}

/// Appends a field whose name is not known before; a name with a zero byte, which no document can hold, is left out.
pub(super) fn append(document: &mut RawDocumentBuf, name: &str, value: RawBsonRef<'_>) {
    if let Ok(name) = CString::try_from(name.to_owned()) {
        document.append(name, value);
    }
}

/// The document without the field `name`, and that field.
pub(super) fn without(document: &RawDocument, name: &str) -> (RawDocumentBuf, Option<RawBson>) {
    let mut rest = RawDocumentBuf::new();
    let mut found = None;
    for (key, value) in document.iter().flatten() {
        if key.as_str() == name {
            found = Some(value.into());
        } else {
            rest.append(key, value);
        }
    }
    (rest, found)
}
