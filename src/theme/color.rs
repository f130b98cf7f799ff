//! Colours as text, and what is left of them on a terminal that knows fewer.

use ratatui::style::Color;

use crate::value::diagnostic::did_you_mean;

/// How many colours the terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: `NO_COLOR`, or a terminal without any. Bold, underline and reverse carry the meaning.
    None,
    /// The 16 that the person's terminal defines.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
    /// Red, green and blue of 8 bits each.
    True,
}

impl Depth {
    /// What the environment says of the terminal. `variable` looks a name up.
    #[must_use]
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name| variable(name).unwrap_or_default();
        let term = value("TERM");
        if !value("NO_COLOR").is_empty() || term == "dumb" {
            return Self::None;
        }
        let has = |part: &str| term.contains(part);
        if matches!(value("COLORTERM").as_str(), "truecolor" | "24bit")
            || ["direct", "kitty", "ghostty", "alacritty", "wezterm", "foot"]
                .into_iter()
                .any(has)
        {
            Self::True
        } else if has("256color") {
            Self::Indexed
        } else if has("mono") || has("vt100") || has("vt220") {
            Self::None
        } else {
            Self::Sixteen
        }
    }
}

/// What the text stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Light text on a dark ground.
    Dark,
    /// Dark text on a light ground.
    Light,
}

impl Ground {
    /// What `COLORFGBG` says; `None` where it says nothing. `variable` looks a name up.
    #[must_use]
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let value = variable("COLORFGBG")?;
        Some(match value.rsplit(';').next()?.parse::<u8>().ok()? {
            7 | 9..=15 => Self::Light,
            _ => Self::Dark,
        })
    }

    /// What a ground of this colour is: red, green and blue, each from 0 to 65,535, weighed as the eye does (ITU-R BT.601).
    #[must_use]
    pub fn of([red, green, blue]: [u16; 3]) -> Self {
        let luma = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
        match luma > 1_000 * 0x8000 {
            true => Self::Light,
            false => Self::Dark,
        }
    }
}

/// The 16 names, in the order of the terminal's palette.
const NAMES: [(&str, Color); 16] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

/// Other names of the same colours, only read.
const ALIASES: [(&str, Color); 4] = [
    ("gray", Color::DarkGray),
    ("grey", Color::DarkGray),
    ("purple", Color::Magenta),
    ("orange", Color::Indexed(208)),
];

/// What xterm shows for the 16, in the order of [`NAMES`].
const SIXTEEN: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 0, 0),
    (0, 205, 0),
    (205, 205, 0),
    (0, 0, 238),
    (205, 0, 205),
    (0, 205, 205),
    (229, 229, 229),
    (127, 127, 127),
    (255, 0, 0),
    (0, 255, 0),
    (255, 255, 0),
    (92, 92, 255),
    (255, 0, 255),
    (0, 255, 255),
    (255, 255, 255),
];

const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Why a text is no colour: what is wrong, then the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a colour; {help}")]
pub struct ColorError {
    /// The text.
    pub text: String,
    /// The next step.
    pub help: String,
}

/// Reads a colour: one of the 16 names, `#rrggbb`, or `default` for the terminal's own.
///
/// # Errors
/// The text is none of them.
pub fn parse(text: &str) -> Result<Color, ColorError> {
    let word = text.trim().to_ascii_lowercase();
    if word == "default" {
        return Ok(Color::Reset);
    }
    let mut names = NAMES.iter().chain(&ALIASES);
    if let Some((_, color)) = names.clone().find(|(name, _)| *name == word) {
        return Ok(*color);
    }
    if let Some(hex) = word.strip_prefix('#')
        && hex.len() == 6
        && hex.bytes().all(|b| b.is_ascii_hexdigit())
        && let Ok(rgb) = u32::from_str_radix(hex, 16)
    {
        return Ok(Color::from_u32(rgb));
    }
    let near = did_you_mean(&word, names.by_ref().map(|(name, _)| *name));
    let help = near.map_or_else(
        || "write one of the 16 names such as `red` or `bright-blue`, or `#rrggbb`".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Err(ColorError {
        text: text.chars().filter(|c| !c.is_control()).take(40).collect(),
        help,
    })
}

/// Red, green and blue of a colour as xterm shows it; `None` for the terminal's own.
#[must_use]
pub fn rgb(color: Color) -> Option<(u8, u8, u8)> {
    if let Some(i) = NAMES.iter().position(|(_, named)| *named == color) {
        return Some(SIXTEEN[i]);
    }
    match color {
        Color::Rgb(r, g, b) => Some((r, g, b)),
        Color::Indexed(i @ 0..=15) => Some(SIXTEEN[usize::from(i)]),
        Color::Indexed(i @ 16..=231) => {
            let i = usize::from(i) - 16;
            Some((STEPS[i / 36], STEPS[i / 6 % 6], STEPS[i % 6]))
        }
        Color::Indexed(i) => {
            let level = 8 + 10 * (i - 232);
            Some((level, level, level))
        }
        _ => None,
    }
}

/// How far two colours look apart, weighted as the eye does.
fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> i32 {
    let mean = (i32::from(a.0) + i32::from(b.0)) / 2;
    let [r, g, b] = [(a.0, b.0), (a.1, b.1), (a.2, b.2)].map(|(x, y)| i32::from(x) - i32::from(y));
    (((512 + mean) * r * r) >> 8) + 4 * g * g + (((767 - mean) * b * b) >> 8)
}

/// The nearest colour that `depth` has; [`Color::Reset`] where it has none.
#[must_use]
pub fn reduce(color: Color, depth: Depth) -> Color {
    let named = NAMES.iter().any(|(_, c)| *c == color);
    match (depth, rgb(color)) {
        (Depth::None, _) => Color::Reset,
        (_, None) | (Depth::True, _) => color,
        (Depth::Indexed, Some(from)) if matches!(color, Color::Rgb(..)) => (16..=255u8)
            .map(Color::Indexed)
            .min_by_key(|c| rgb(*c).map_or(i32::MAX, |to| distance(from, to)))
            .unwrap_or(color),
        (Depth::Sixteen, Some(from)) if !named => (0..16)
            .min_by_key(|i| distance(from, SIXTEEN[*i]))
            .map_or(color, |i| NAMES[i].1),
        _ => color,
    }
}

/// Black or white, whichever reads better on `ground`.
#[must_use]
pub fn readable_on(ground: Color) -> Color {
    let Some((r, g, b)) = rgb(ground) else {
        return Color::Reset;
    };
    let linear = |v: u8| (f64::from(v) / 255.0).powf(2.2);
    let light = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    // The same contrast with black and with white lies at 0.179.
    if light > 0.179 {
        Color::Black
    } else {
        Color::White
    }
}

/// A profile's colour, read once when the configuration is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfileColor(pub(super) Color);

impl std::str::FromStr for ProfileColor {
    type Err = ColorError;

    fn from_str(text: &str) -> Result<Self, ColorError> {
        parse(text).map(Self)
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

    use super::*;

    fn depth(variables: &[(&str, &str)]) -> Depth {
        Depth::detect(|name| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, v)| (*v).to_owned())
        })
    }

    #[test]
    fn the_environment_tells_the_depth() {
        assert_eq!(depth(&[("TERM", "xterm-256color")]), Depth::Indexed);
        assert_eq!(
            depth(&[("TERM", "xterm"), ("COLORTERM", "truecolor")]),
            Depth::True
        );
        assert_eq!(depth(&[("TERM", "linux")]), Depth::Sixteen);
        assert_eq!(depth(&[("TERM", "xterm-kitty")]), Depth::True);
        assert_eq!(depth(&[("TERM", "dumb")]), Depth::None);
        assert_eq!(
            depth(&[("COLORTERM", "truecolor"), ("NO_COLOR", "1")]),
            Depth::None
        );
        assert_eq!(
            depth(&[("TERM", "xterm-256color"), ("NO_COLOR", "")]),
            Depth::Indexed,
            "an empty NO_COLOR asks for nothing"
        );
    }

    #[test]
    fn the_environment_tells_the_ground() {
        let ground = |value: &str| Ground::detect(|_| Some(value.to_owned()));
        assert_eq!(ground("0;15"), Some(Ground::Light));
        assert_eq!(ground("0;default;7"), Some(Ground::Light));
        assert_eq!(ground("15;0"), Some(Ground::Dark));
        assert_eq!(ground("x"), None);
        assert_eq!(Ground::detect(|_| None), None);
        assert_eq!(Ground::of([0xffff, 0xffff, 0xffff]), Ground::Light);
        assert_eq!(
            Ground::of([0xfdfd, 0xf6f6, 0xe3e3]),
            Ground::Light,
            "Solarized"
        );
        assert_eq!(Ground::of([0x1e1e, 0x1e1e, 0x2e2e]), Ground::Dark);
        assert_eq!(
            Ground::of([0, 0, 0xffff]),
            Ground::Dark,
            "blue is a dark colour"
        );
    }

    #[test]
    fn a_colour_is_a_name_or_six_hex_digits() {
        assert_eq!(parse("Red").unwrap(), Color::Red);
        assert_eq!(parse("bright-blue").unwrap(), Color::LightBlue);
        assert_eq!(parse("#12aBff").unwrap(), Color::Rgb(0x12, 0xab, 0xff));
        assert_eq!(
            parse("quartz77").unwrap_err().to_string(),
            "`quartz77` is not a colour; write one of the 16 names such as `red` or `bright-blue`, or `#rrggbb`"
        );
        assert_eq!(parse("gren").unwrap_err().help, "did you mean `green`?");
        for wrong in ["", "#fff", "#+12345", "#12345é"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn fewer_colours_give_the_nearest() {
        let green = Color::Rgb(10, 210, 20);
        assert_eq!(reduce(green, Depth::True), green);
        assert_eq!(reduce(green, Depth::Sixteen), Color::Green);
        assert_eq!(
            reduce(Color::Rgb(255, 0, 0), Depth::Indexed),
            Color::Indexed(196)
        );
        assert_eq!(reduce(Color::Indexed(208), Depth::Sixteen), Color::Yellow);
        assert_eq!(reduce(Color::Red, Depth::Indexed), Color::Red);
        assert_eq!(reduce(Color::Reset, Depth::Sixteen), Color::Reset);
        assert_eq!(reduce(Color::Red, Depth::None), Color::Reset);
    }

    #[test]
    fn text_on_a_fill_is_readable() {
        for (fill, text) in [
            (Color::Rgb(0, 0, 0), Color::White),
            (Color::Red, Color::White),
            (Color::Blue, Color::White),
            (Color::Yellow, Color::Black),
            (Color::White, Color::Black),
            (Color::Rgb(250, 120, 0), Color::Black),
        ] {
            assert_eq!(readable_on(fill), text, "{fill}");
        }
    }
}
