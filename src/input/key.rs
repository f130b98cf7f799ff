//! One key and a sequence of keys, as text and as what the terminal reports.
//!
//! Invariant: a [`Key`] is normalised, so that two keys which a terminal cannot tell apart are equal: Shift is part of
//! a character, Ctrl takes the small letter, `ctrl-i` is Tab. Text → key → text is stable.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode as TerminalCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::value::diagnostic::did_you_mean;

/// What is pressed, without modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A printable character, the shifted one where Shift is held.
    Char(char),
    /// Enter.
    Enter,
    /// Tab; Shift-Tab is `Tab` with Shift.
    Tab,
    /// Escape.
    Esc,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key, 1 to 24.
    Function(u8),
}

const NAMES: &[(&str, Code)] = &[
    ("enter", Code::Enter),
    ("tab", Code::Tab),
    ("esc", Code::Esc),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("insert", Code::Insert),
    ("up", Code::Up),
    ("down", Code::Down),
    ("left", Code::Left),
    ("right", Code::Right),
    ("home", Code::Home),
    ("end", Code::End),
    ("page-up", Code::PageUp),
    ("page-down", Code::PageDown),
    ("space", Code::Char(' ')),
    // Other spellings, only read.
    ("return", Code::Enter),
    ("escape", Code::Esc),
    ("del", Code::Delete),
    ("ins", Code::Insert),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
    ("minus", Code::Char('-')),
];

/// One key with its modifiers, normalised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    code: Code,
    ctrl: bool,
    alt: bool,
    shift: bool,
}

impl Key {
    /// The key `code` without modifiers.
    #[must_use]
    pub fn plain(code: Code) -> Self {
        Self::new(code, false, false, false)
    }

    /// The key with the modifiers that are held, normalised.
    #[must_use]
    pub fn new(code: Code, ctrl: bool, alt: bool, shift: bool) -> Self {
        let (mut code, mut ctrl, mut shift) = (code, ctrl, shift);
        if let Code::Char(c) = code {
            let mut upper = c.to_uppercase();
            let c = match (shift, upper.next(), upper.next()) {
                (true, Some(one), None) => one,
                _ => c,
            };
            shift = false;
            code = Code::Char(c);
            if ctrl {
                // What a terminal sends for these chords is one byte that stands for two keys; the commoner name wins.
                code = match c.to_ascii_lowercase() {
                    'i' => Code::Tab,
                    'm' => Code::Enter,
                    '[' | '3' => Code::Esc,
                    '4' => Code::Char('\\'),
                    '5' => Code::Char(']'),
                    '6' => Code::Char('^'),
                    '7' | '/' => Code::Char('_'),
                    '@' | '2' => Code::Char(' '),
                    other => Code::Char(other),
                };
                ctrl = matches!(code, Code::Char(_));
            }
        }
        Self {
            code,
            ctrl,
            alt,
            shift,
        }
    }

    /// The key that a terminal reports; `None` for a release and for keys that no binding can name.
    #[must_use]
    pub fn from_event(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let shift = event.modifiers.contains(KeyModifiers::SHIFT);
        let code = match event.code {
            TerminalCode::Char(c) => Code::Char(c),
            TerminalCode::Enter => Code::Enter,
            TerminalCode::Tab | TerminalCode::BackTab => Code::Tab,
            TerminalCode::Esc => Code::Esc,
            TerminalCode::Backspace => Code::Backspace,
            TerminalCode::Delete => Code::Delete,
            TerminalCode::Insert => Code::Insert,
            TerminalCode::Up => Code::Up,
            TerminalCode::Down => Code::Down,
            TerminalCode::Left => Code::Left,
            TerminalCode::Right => Code::Right,
            TerminalCode::Home => Code::Home,
            TerminalCode::End => Code::End,
            TerminalCode::PageUp => Code::PageUp,
            TerminalCode::PageDown => Code::PageDown,
            TerminalCode::F(n) => Code::Function(n),
            _ => return None,
        };
        // Some keyboards report the shifted character together with Shift, some the base one.
        Some(Self::new(
            code,
            event.modifiers.contains(KeyModifiers::CONTROL),
            event.modifiers.contains(KeyModifiers::ALT),
            shift || event.code == TerminalCode::BackTab,
        ))
    }

    /// What is pressed.
    #[must_use]
    pub fn code(self) -> Code {
        self.code
    }

    /// Whether Ctrl is held.
    #[must_use]
    pub fn ctrl(self) -> bool {
        self.ctrl
    }

    /// Whether Alt is held.
    #[must_use]
    pub fn alt(self) -> bool {
        self.alt
    }

    /// Whether Shift is held; never for a character, which is the shifted one itself.
    #[must_use]
    pub fn shift(self) -> bool {
        self.shift
    }

    /// The character that this key types, where it types one.
    #[must_use]
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// Whether the key cannot be meant as typing or as moving about in a field: Ctrl, Alt or a function key.
    #[must_use]
    pub fn is_chord(self) -> bool {
        self.ctrl || self.alt || matches!(self.code, Code::Function(_))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [
            (self.ctrl, "ctrl-"),
            (self.alt, "alt-"),
            (self.shift, "shift-"),
        ] {
            if held {
                f.write_str(name)?;
            }
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == self.code)
            && self.code != Code::Char('-')
        {
            return f.write_str(name);
        }
        match self.code {
            Code::Char(c) => write!(f, "{c}"),
            Code::Function(n) => write!(f, "f{n}"),
            _ => Ok(()),
        }
    }
}

/// Why a text names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct KeyError {
    /// What is wrong: lower case, values in backticks.
    pub message: String,
    /// The next step, where one is known.
    pub help: Option<String>,
    /// Where in the text, in bytes.
    pub at: std::ops::Range<usize>,
}

impl KeyError {
    fn new(text: &str, message: String) -> Self {
        Self {
            message,
            help: None,
            at: 0..text.len(),
        }
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text;
        loop {
            let held = [("ctrl-", 0), ("alt-", 1), ("shift-", 2)]
                .into_iter()
                .find_map(|(prefix, which)| {
                    let head = rest.get(..prefix.len())?;
                    head.eq_ignore_ascii_case(prefix)
                        .then(|| (which, &rest[prefix.len()..]))
                });
            let Some((which, after)) = held.filter(|(_, after)| !after.is_empty()) else {
                break;
            };
            let flag = match which {
                0 => &mut ctrl,
                1 => &mut alt,
                _ => &mut shift,
            };
            if std::mem::replace(flag, true) {
                return Err(KeyError::new(
                    text,
                    format!("`{text}` names a modifier twice"),
                ));
            }
            rest = after;
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (None, _) => return Err(KeyError::new(text, "a key is missing".into())),
            (Some(c), None) if !c.is_control() && !c.is_whitespace() => Code::Char(c),
            _ => named(rest).ok_or_else(|| unreadable(text, rest))?,
        };
        if shift && let Code::Char(c) = code {
            if !c.is_alphabetic() {
                let mut error = KeyError::new(
                    text,
                    format!("`{text}` cannot be told from what Shift types"),
                );
                error.help = Some("write the character itself, such as `?` or `space`".into());
                return Err(error);
            }
            if ctrl {
                let mut error = KeyError::new(
                    text,
                    format!("a terminal cannot tell `{text}` from the same chord without Shift"),
                );
                error.help = Some("leave `shift-` out".into());
                return Err(error);
            }
        }
        Ok(Self::new(code, ctrl, alt, shift))
    }
}

fn named(name: &str) -> Option<Code> {
    if let Some((_, code)) = NAMES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
    {
        return Some(*code);
    }
    let number = name.strip_prefix(['f', 'F'])?;
    if number.starts_with('0') || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    number
        .parse()
        .ok()
        .filter(|n| (1..=24).contains(n))
        .map(Code::Function)
}

fn unreadable(text: &str, name: &str) -> KeyError {
    let mut error = KeyError::new(text, format!("`{text}` names no key"));
    let near = did_you_mean(name, NAMES.iter().map(|(known, _)| *known));
    error.help = Some(match near {
        Some(near) => format!("did you mean `{near}`?"),
        None if name.chars().all(char::is_alphanumeric) => {
            let spaced: Vec<String> = name.chars().take(8).map(String::from).collect();
            format!(
                "keys of a sequence stand apart: `{}`; modifiers are `ctrl-`, `alt-`, `shift-`",
                spaced.join(" ")
            )
        }
        None => "write such as `g g`, `ctrl-s`, `alt-x`, `shift-tab`, `f5`, `page-down`".into(),
    });
    error
}

/// One or more keys pressed one after the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeySequence(Vec<Key>);

impl KeySequence {
    /// Most keys in one sequence.
    pub const LONGEST: usize = 6;

    /// A sequence of these keys; `None` where there are none.
    #[must_use]
    pub fn new(keys: Vec<Key>) -> Option<Self> {
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The keys; at least one.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.0
    }

    /// Whether it begins with a key that types a character, so that it means nothing where text is typed.
    #[must_use]
    pub fn types(&self) -> bool {
        self.0.first().is_some_and(|key| key.typed().is_some())
    }
}

impl fmt::Display for KeySequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, key) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{key}")?;
        }
        Ok(())
    }
}

impl FromStr for KeySequence {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        let mut from = 0;
        for word in text.split(' ') {
            let at = from..from + word.len();
            from = at.end + 1;
            if word.is_empty() {
                continue;
            }
            keys.push(word.parse().map_err(|error: KeyError| KeyError {
                at: at.clone(),
                ..error
            })?);
        }
        if keys.len() > Self::LONGEST {
            return Err(KeyError::new(
                text,
                format!("a sequence holds at most {} keys", Self::LONGEST),
            ));
        }
        Self::new(keys).ok_or_else(|| KeyError {
            message: "a key is missing".into(),
            help: Some("write such as `g g` or `ctrl-s`; the space bar is `space`".into()),
            at: 0..text.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test fails by panicking"
    )]

    use proptest::prelude::*;

    use super::*;

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    fn pressed(code: TerminalCode, modifiers: KeyModifiers) -> Key {
        Key::from_event(&KeyEvent::new(code, modifiers)).unwrap()
    }

    #[test]
    fn every_spelling_reads_and_writes_the_same() {
        for text in [
            "g g",
            "ctrl-s",
            "alt-x",
            "shift-tab",
            "enter",
            "space",
            "f5",
            "f12",
            "?",
            "G",
            "page-down",
            "<",
            "-",
            "ctrl--",
            "ctrl-alt-x",
            "ctrl-x ctrl-s",
            "alt-G",
            "ctrl-space",
            "ctrl-_",
            "alt--",
            "é",
            "shift-up",
            "\"",
            "\\",
        ] {
            let sequence: KeySequence = text.parse().unwrap();
            assert_eq!(sequence.to_string(), text);
        }
    }

    #[test]
    fn keys_that_a_terminal_cannot_tell_apart_are_equal() {
        assert_eq!(key("ctrl-i"), key("tab"));
        assert_eq!(key("ctrl-m"), key("enter"));
        assert_eq!(key("ctrl-["), key("esc"));
        assert_eq!(key("ctrl-/"), key("ctrl-_"));
        assert_eq!(key("ctrl-S"), key("ctrl-s"));
        assert_eq!(key("shift-g"), key("G"));
        assert_eq!(key("Page-Up"), key("pageup"));
    }

    #[test]
    fn what_the_terminal_reports_is_normalised() {
        use TerminalCode::{BackTab, Char, F};
        assert_eq!(pressed(Char('G'), KeyModifiers::SHIFT), key("G"));
        assert_eq!(pressed(Char('g'), KeyModifiers::SHIFT), key("G"));
        assert_eq!(pressed(Char('G'), KeyModifiers::NONE), key("G"));
        assert_eq!(pressed(Char('?'), KeyModifiers::SHIFT), key("?"));
        assert_eq!(pressed(BackTab, KeyModifiers::SHIFT), key("shift-tab"));
        assert_eq!(pressed(BackTab, KeyModifiers::NONE), key("shift-tab"));
        assert_eq!(pressed(Char('7'), KeyModifiers::CONTROL), key("ctrl-_"));
        assert_eq!(pressed(Char(' '), KeyModifiers::CONTROL), key("ctrl-space"));
        assert_eq!(pressed(F(5), KeyModifiers::NONE), key("f5"));
        assert_eq!(pressed(Char('ß'), KeyModifiers::SHIFT), key("ß"));
    }

    #[test]
    fn a_released_key_is_no_key_and_a_repeated_one_is() {
        let mut event = KeyEvent::new(TerminalCode::Char('j'), KeyModifiers::NONE);
        event.kind = KeyEventKind::Release;
        assert_eq!(Key::from_event(&event), None);
        event.kind = KeyEventKind::Repeat;
        assert_eq!(Key::from_event(&event), Some(key("j")));
    }

    #[test]
    fn an_unreadable_key_says_where_and_what_was_meant() {
        let error = "g entr".parse::<KeySequence>().unwrap_err();
        assert_eq!(error.message, "`entr` names no key");
        assert_eq!(error.help.as_deref(), Some("did you mean `enter`?"));
        assert_eq!(error.at, 2..6);
        let error = "gg".parse::<KeySequence>().unwrap_err();
        assert!(error.help.unwrap().contains("`g g`"));
        for text in [
            "",
            "  ",
            "f0",
            "f25",
            "f+5",
            "ctrl-ctrl-a",
            "shift-1",
            "ctrl-shift-s",
            "\u{7}",
        ] {
            assert!(text.parse::<KeySequence>().is_err(), "{text:?}");
        }
        assert!("a b c d e f g".parse::<KeySequence>().is_err());
    }

    proptest! {
        #[test]
        fn any_text_that_names_a_key_is_stable(text in "(ctrl-|alt-|shift-){0,2}(\\PC|enter|tab|f[0-9]{1,2}|\\PC{2})") {
            if let Ok(key) = text.parse::<Key>() {
                prop_assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
            }
        }
    }
}
