//! Copying through the terminal (OSC 52), so that it works over SSH.
//!
//! The whole text or nothing: a value that is cut would be pasted as if it were whole.

use std::fmt::Write as _;

use crossterm::Command as _;
use crossterm::clipboard::CopyToClipboard;

/// The most encoded bytes that every terminal known to copy takes; some silently drop more.
const SURE: usize = 74_994;

/// The most bytes of text that are sent at all.
const LARGEST: usize = 8 << 20;

/// What became of a copy. A terminal never answers, so that it arrived is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// It was sent.
    Sent {
        /// Bytes of text.
        bytes: usize,
    },
    /// It was sent, and some terminals do not take as much: say so.
    SentLarge {
        /// Bytes of text.
        bytes: usize,
    },
    /// It was not sent: no terminal takes as much.
    TooLarge {
        /// Bytes of text.
        bytes: usize,
        /// The most bytes that are sent.
        limit: usize,
    },
}

/// The terminal's multiplexer, which has to be told to pass a copy on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplexer {
    /// None.
    None,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Multiplexer {
    /// What the environment says. `variable` looks a name up.
    #[must_use]
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).is_some_and(|value| !value.is_empty());
        if set("TMUX") {
            Self::Tmux
        } else if set("STY") {
            Self::Screen
        } else {
            Self::None
        }
    }
}

/// The sequence that copies `text`, where it is sent at all, and what to tell the person.
#[must_use]
pub fn sequence(text: &str, through: Multiplexer) -> (Option<String>, Copied) {
    let bytes = text.len();
    if bytes > LARGEST {
        let limit = LARGEST;
        return (None, Copied::TooLarge { bytes, limit });
    }
    let mut plain = String::new();
    if CopyToClipboard::to_clipboard_from(text)
        .write_ansi(&mut plain)
        .is_err()
    {
        let limit = LARGEST;
        return (None, Copied::TooLarge { bytes, limit });
    }
    let copied = if plain.len() > SURE {
        Copied::SentLarge { bytes }
    } else {
        Copied::Sent { bytes }
    };
    let sent = match through {
        Multiplexer::None => plain,
        // tmux takes the sequence itself where `set-clipboard` is `on`, and hands it on where `allow-passthrough` is.
        Multiplexer::Tmux => {
            let doubled = plain.replace('\x1b', "\x1b\x1b");
            format!("{plain}\x1bPtmux;{doubled}\x1b\\")
        }
        // screen hands on pieces of less than 768 bytes, and the usual end of the sequence would end a piece.
        Multiplexer::Screen => {
            let body = plain.trim_end_matches("\x1b\\");
            let mut out = String::new();
            for piece in body.as_bytes().chunks(512) {
                let _ = write!(out, "\x1bP{}\x1b\\", String::from_utf8_lossy(piece));
            }
            out.push_str("\x1bP\x07\x1b\\");
            out
        }
    };
    (Some(sent), copied)
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

    #[test]
    fn the_whole_text_is_encoded() {
        let (sent, copied) = sequence("hi\x1b]0;x\x07", Multiplexer::None);
        assert_eq!(sent.unwrap(), "\x1b]52;c;aGkbXTA7eAc=\x1b\\");
        assert_eq!(copied, Copied::Sent { bytes: 8 });
    }

    #[test]
    fn tmux_is_asked_to_pass_it_on() {
        let (sent, _) = sequence("hi", Multiplexer::Tmux);
        assert_eq!(
            sent.unwrap(),
            "\x1b]52;c;aGk=\x1b\\\x1bPtmux;\x1b\x1b]52;c;aGk=\x1b\x1b\\\x1b\\"
        );
    }

    #[test]
    fn screen_gets_small_pieces_that_join_to_the_whole() {
        let text = "x".repeat(2000);
        let (plain, _) = sequence(&text, Multiplexer::None);
        let (sent, _) = sequence(&text, Multiplexer::Screen);
        let sent = sent.unwrap();
        let pieces: Vec<&str> = sent.split_terminator("\x1b\\").collect();
        assert!(pieces.iter().all(|piece| piece.len() < 768));
        let joined: String = pieces
            .iter()
            .map(|p| p.strip_prefix("\x1bP").unwrap())
            .collect();
        assert_eq!(joined.replace('\x07', "\x1b\\"), plain.unwrap());
    }

    #[test]
    fn what_some_terminals_drop_is_said_and_what_all_drop_is_not_sent() {
        let (sent, copied) = sequence(&"x".repeat(60_000), Multiplexer::Screen);
        assert!(sent.is_some());
        assert_eq!(copied, Copied::SentLarge { bytes: 60_000 });
        let (sent, copied) = sequence(&"x".repeat(LARGEST + 1), Multiplexer::None);
        assert_eq!(sent, None);
        assert!(matches!(copied, Copied::TooLarge { .. }));
    }

    #[test]
    fn the_environment_tells_the_multiplexer() {
        let with = |wanted: &'static str| {
            Multiplexer::detect(move |name| (name == wanted).then(|| "1".to_owned()))
        };
        assert_eq!(with("TMUX"), Multiplexer::Tmux);
        assert_eq!(with("STY"), Multiplexer::Screen);
        assert_eq!(with("OTHER"), Multiplexer::None);
    }
}
