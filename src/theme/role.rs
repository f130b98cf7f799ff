//! What the drawn things mean, whatever they look like.

use ratatui::style::Modifier;

/// What a piece of the screen means. A theme gives each one a style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Plain text.
    Text,
    /// Text of less weight; previous rows while new ones load.
    Dim,
    /// Title of a pane that has not the focus.
    Title,
    /// Title of the focused pane.
    TitleFocused,
    /// Lines between panes.
    Separator,
    /// The top bar and the bottom line.
    Bar,
    /// A tab that is not in front.
    Tab,
    /// The tab in front.
    TabActive,
    /// Head of a table's column.
    Header,
    /// The row or cell under the cursor of the focused pane.
    Cursor,
    /// The row under the cursor of another pane.
    CursorUnfocused,
    /// The cell under the cursor within its row.
    CursorCell,
    /// A marked row.
    Marked,
    /// What a filter or a search found.
    Match,
    /// A key, in hints and help.
    HintKey,
    /// What a key does.
    HintText,
    /// Line numbers and other margins.
    Gutter,
    /// Small marks such as `view`, `capped`, counts and sizes.
    Badge,
    /// A notice that tells.
    NoticeInfo,
    /// A notice of something that went well.
    NoticeSuccess,
    /// A notice to look at.
    NoticeWarning,
    /// A notice of something that failed.
    NoticeError,
    /// An error in a pane.
    Error,
    /// A warning in a pane.
    Warning,
    /// Something that is well: connected, written.
    Success,
    /// Something that is under way: connecting, loading.
    Busy,
    /// Added, in a diff.
    Added,
    /// Removed, in a diff.
    Removed,
    /// Changed, in a diff.
    Changed,
    /// A value that breaks its model.
    Violation,
    /// A field's name.
    Key,
    /// Braces, commas, colons.
    Punctuation,
    /// A bracket and its partner.
    BracketMatch,
    /// An operator such as `$gt`.
    Operator,
    /// A comment.
    Comment,
    /// Strings and symbols.
    KindString,
    /// Double, Int32, Int64 and Decimal128.
    KindNumber,
    /// Booleans.
    KindBoolean,
    /// Dates and timestamps.
    KindDate,
    /// ObjectIds and UUIDs.
    KindId,
    /// Null and undefined.
    KindNull,
    /// Binaries.
    KindBinary,
    /// Regular expressions.
    KindRegex,
    /// Documents and arrays, folded.
    KindContainer,
    /// JavaScript code.
    KindCode,
    /// MinKey, MaxKey, DBPointer.
    KindOther,
    /// The top bar of a production profile that has no colour of its own.
    Production,
    /// The mark of a profile that may write now.
    ReadWrite,
    /// The text of a field.
    Input,
    /// What a field shows while it is empty.
    Placeholder,
    /// The ground of a popup.
    Popup,
    /// The title of a popup.
    PopupTitle,
    /// An answer that is not chosen.
    Choice,
    /// The answer that Enter gives.
    ChoiceActive,
}

impl Role {
    /// Every role with its name in theme files.
    pub const ALL: [(Self, &'static str); 54] = [
        (Self::Text, "text"),
        (Self::Dim, "dim"),
        (Self::Title, "title"),
        (Self::TitleFocused, "title.focused"),
        (Self::Separator, "separator"),
        (Self::Bar, "bar"),
        (Self::Tab, "tab"),
        (Self::TabActive, "tab.active"),
        (Self::Header, "header"),
        (Self::Cursor, "cursor"),
        (Self::CursorUnfocused, "cursor.unfocused"),
        (Self::CursorCell, "cursor.cell"),
        (Self::Marked, "marked"),
        (Self::Match, "match"),
        (Self::HintKey, "hint.key"),
        (Self::HintText, "hint.text"),
        (Self::Gutter, "gutter"),
        (Self::Badge, "badge"),
        (Self::NoticeInfo, "notice.info"),
        (Self::NoticeSuccess, "notice.success"),
        (Self::NoticeWarning, "notice.warning"),
        (Self::NoticeError, "notice.error"),
        (Self::Error, "error"),
        (Self::Warning, "warning"),
        (Self::Success, "success"),
        (Self::Busy, "busy"),
        (Self::Added, "diff.added"),
        (Self::Removed, "diff.removed"),
        (Self::Changed, "diff.changed"),
        (Self::Violation, "violation"),
        (Self::Key, "key"),
        (Self::Punctuation, "punctuation"),
        (Self::BracketMatch, "bracket-match"),
        (Self::Operator, "operator"),
        (Self::Comment, "comment"),
        (Self::KindString, "kind.string"),
        (Self::KindNumber, "kind.number"),
        (Self::KindBoolean, "kind.boolean"),
        (Self::KindDate, "kind.date"),
        (Self::KindId, "kind.id"),
        (Self::KindNull, "kind.null"),
        (Self::KindBinary, "kind.binary"),
        (Self::KindRegex, "kind.regex"),
        (Self::KindContainer, "kind.container"),
        (Self::KindCode, "kind.code"),
        (Self::KindOther, "kind.other"),
        (Self::Production, "production"),
        (Self::ReadWrite, "read-write"),
        (Self::Input, "input"),
        (Self::Placeholder, "placeholder"),
        (Self::Popup, "popup"),
        (Self::PopupTitle, "popup.title"),
        (Self::Choice, "choice"),
        (Self::ChoiceActive, "choice.active"),
    ];

    /// The role called `name` in theme files.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, known)| *known == name);
        found.map(|(role, _)| *role)
    }

    /// What carries the meaning where there are no colours.
    pub(super) fn plain(self) -> Modifier {
        match self {
            Self::TitleFocused
            | Self::Header
            | Self::Marked
            | Self::HintKey
            | Self::NoticeWarning
            | Self::Warning
            | Self::Added
            | Self::Changed
            | Self::Key
            | Self::ReadWrite
            | Self::PopupTitle => Modifier::BOLD,
            Self::Cursor | Self::TabActive | Self::Match | Self::ChoiceActive => Modifier::REVERSED,
            Self::CursorCell | Self::Production => Modifier::REVERSED.union(Modifier::BOLD),
            Self::NoticeError | Self::Error | Self::Violation => {
                Modifier::BOLD.union(Modifier::UNDERLINED)
            }
            Self::CursorUnfocused | Self::BracketMatch | Self::Input => Modifier::UNDERLINED,
            Self::Dim
            | Self::Separator
            | Self::Gutter
            | Self::Removed
            | Self::Comment
            | Self::KindNull
            | Self::Placeholder => Modifier::DIM,
            _ => Modifier::empty(),
        }
    }
}
