//! The words that narrow a list of operations or of shapes.
//!
//! All words must hold. `ns:shop` looks in one field, `over:5s` at the time, `is:waiting` at a state, `-` before a word
//! turns it round, and any other word is looked for in all texts; quotes keep spaces together. Case does not matter.

use std::time::Duration;

/// What a list can be narrowed by.
#[derive(Debug, Clone, Copy)]
pub struct Vocabulary {
    /// The fields that a word may name.
    pub fields: &'static [&'static str],
    /// The states that `is:` may name.
    pub states: &'static [&'static str],
}

impl Vocabulary {
    /// What may be typed.
    #[must_use]
    pub fn hint(&self) -> String {
        let fields: Vec<String> = self.fields.iter().map(|f| format!("{f}:")).collect();
        let states = match self.states {
            [] => String::new(),
            states => format!("  is:{}", states.join("|")),
        };
        format!("text  -text  over:5s  {}{states}", fields.join(" "))
    }
}

/// A row that words are held against.
pub trait Subject {
    /// Passes the texts of the field of this name to `each`; of all fields where there is no name.
    fn texts(&self, field: Option<&str>, each: &mut dyn FnMut(&str));
    /// Whether it is in the state of this name.
    fn is(&self, state: &str) -> bool;
    /// How long it takes.
    fn took(&self) -> Option<Duration>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Text(Option<&'static str>, String),
    Over(Duration),
    Is(&'static str),
}

/// Words that a row must have; none lets all pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    words: Vec<(bool, Test)>,
}

impl Filter {
    /// Whether a row passes.
    pub fn passes(&self, row: &impl Subject) -> bool {
        self.words
            .iter()
            .all(|(wanted, test)| holds(test, row) == *wanted)
    }
}

fn holds(test: &Test, row: &impl Subject) -> bool {
    match test {
        Test::Over(least) => row.took().is_some_and(|took| took > *least),
        Test::Is(state) => row.is(state),
        Test::Text(field, wanted) => {
            let mut found = false;
            row.texts(*field, &mut |text| {
                found |= text.to_lowercase().contains(wanted);
            });
            found
        }
    }
}

/// Reads the words of a filter, and says which of them is wrong and what may stand in its place; the others hold.
#[must_use]
pub fn parse(text: &str, vocabulary: &Vocabulary) -> (Filter, Option<String>) {
    let mut filter = Filter::default();
    let mut problem = None;
    for word in split(text) {
        match read(word, vocabulary) {
            Ok(word) => filter.words.push(word),
            Err(wrong) => problem = problem.or(Some(wrong)),
        }
    }
    (filter, problem)
}

fn read(word: String, vocabulary: &Vocabulary) -> Result<(bool, Test), String> {
    let (wanted, word) = match word.strip_prefix('-') {
        Some(rest) if !rest.is_empty() => (false, rest.to_owned()),
        _ => (true, word),
    };
    let plain = |word: &str| Test::Text(None, word.to_lowercase());
    let test = match word.split_once(':') {
        Some(("over", time)) => Test::Over(span(time)?),
        Some(("is", state)) => Test::Is(
            vocabulary
                .states
                .iter()
                .find(|s| **s == state)
                .ok_or_else(|| format!("`is:` takes {}", vocabulary.states.join(", ")))?,
        ),
        Some((name, value)) => match vocabulary.fields.iter().find(|f| **f == name) {
            Some(field) => Test::Text(Some(field), value.to_lowercase()),
            None => plain(&word),
        },
        None => plain(&word),
    };
    Ok((wanted, test))
}

/// Words between spaces; what stands in quotes is one.
fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`over:{text}` takes a time: over:5s, over:200ms, over:2m");
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    let seconds = match &text[digits.len()..] {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use super::*;

    const WORDS: Vocabulary = Vocabulary {
        fields: &["ns", "client"],
        states: &["waiting"],
    };

    struct Row;

    impl Subject for Row {
        fn texts(&self, field: Option<&str>, each: &mut dyn FnMut(&str)) {
            for (name, text) in [("ns", "shop.Orders"), ("client", "10.0.0.7:52114")] {
                if field.is_none_or(|f| f == name) {
                    each(text);
                }
            }
        }

        fn is(&self, state: &str) -> bool {
            state == "waiting"
        }

        fn took(&self) -> Option<Duration> {
            Some(Duration::from_secs(7))
        }
    }

    #[test]
    fn all_words_must_hold() {
        for (text, passes) in [
            ("", true),
            ("orders", true),
            ("ORDERS 10.0", true),
            ("ns:orders client:10.0", true),
            ("client:orders", false),
            ("orders users", false),
            ("-users", true),
            ("-ns:orders", false),
            ("over:5s", true),
            ("over:7001ms", false),
            ("over:0.1m", true),
            ("over:1h", false),
            ("is:waiting -is:waiting", false),
            ("\"shop.orders\"", true),
            ("\"shop orders\"", false),
            ("-", false),
            ("0.7:5", true),
        ] {
            let (filter, problem) = parse(text, &WORDS);
            assert_eq!((filter.passes(&Row), problem), (passes, None), "{text}");
        }
    }

    #[test]
    fn a_word_that_cannot_be_is_said_with_what_can() {
        for (text, said) in [
            ("over:", "`over:` takes a time"),
            ("over:5x", "over:200ms"),
            ("over:-1s", "takes a time"),
            ("is:blue", "`is:` takes waiting"),
        ] {
            let (filter, problem) = parse(text, &WORDS);
            assert!(problem.unwrap().contains(said), "{text}");
            assert!(filter.passes(&Row), "the other words hold: {text}");
        }
    }
}
