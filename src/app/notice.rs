//! Short messages to the person, and their history.

use super::scope::Moment;

/// How much a notice matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something happened as asked.
    Info,
    /// Something to know about.
    Warning,
    /// Something did not work.
    Error,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// One line.
    pub text: String,
    /// Everything else there is to say; empty for nothing.
    pub detail: String,
    /// When it was said.
    pub at: Moment,
}

/// The newest notice, and the ones before it.
#[derive(Debug, Clone, Default)]
pub struct Notices {
    history: Vec<Notice>,
    seen: bool,
}

/// How many notices are kept; the oldest go first.
const KEPT: usize = 500;
/// How long a notice stays in the status line, in milliseconds. Errors stay until a key is pressed after that time.
const SHOWN_FOR: u64 = 8_000;

impl Notices {
    /// Says something.
    pub fn say(
        &mut self,
        at: Moment,
        level: Level,
        text: impl Into<String>,
        detail: impl Into<String>,
    ) {
        if self.history.len() == KEPT {
            self.history.remove(0);
        }
        self.history.push(Notice {
            level,
            text: text.into(),
            detail: detail.into(),
            at,
        });
        self.seen = false;
    }

    /// Marks the newest as read, so that it leaves the status line.
    pub fn dismiss(&mut self) {
        self.seen = true;
    }

    /// What the status line shows at `now`.
    #[must_use]
    pub fn current(&self, now: Moment) -> Option<&Notice> {
        let last = self.history.last()?;
        let fresh = now.0.saturating_sub(last.at.0) < SHOWN_FOR;
        (!self.seen && (fresh || last.level == Level::Error)).then_some(last)
    }

    /// When the status line changes by itself; `None` where it does not.
    #[must_use]
    pub fn fades_at(&self, now: Moment) -> Option<Moment> {
        self.current(now)
            .filter(|n| n.level != Level::Error)
            .map(|n| Moment(n.at.0 + SHOWN_FOR))
    }

    /// All kept notices, oldest first.
    #[must_use]
    pub fn history(&self) -> &[Notice] {
        &self.history
    }
}
