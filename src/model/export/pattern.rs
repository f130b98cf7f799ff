//! A regular expression of JavaScript as the server's engine (PCRE) would need it written.
//!
//! Invariant: what is given back is taken by the server; what cannot be written for it is refused with the reason.

/// The expression for the server, and what it does not quite say.
#[derive(Debug, PartialEq)]
pub(super) struct Translated {
    pub(super) source: String,
    pub(super) caveats: Vec<&'static str>,
}

const LAST_LINE: &str = "on the server `$` also stands before a line end that ends the text";
const SPACES: &str = "`\\s` means the white space of ASCII on the server";

/// Writes `source` for the server. `also_empty` lets an empty text pass, as an optional field's `match` does.
pub(super) fn translate(source: &str, flags: &str, also_empty: bool) -> Result<Translated, String> {
    let mut out = String::new();
    let mut caveats = Vec::new();
    let kept: String = "ims".chars().filter(|f| flags.contains(*f)).collect();
    if !kept.is_empty() {
        out = format!("(?{kept})");
    }
    if flags.contains('v') {
        return Err("the server has no flag `v`".to_owned());
    }
    if flags.contains('y') {
        caveats.push("the server has no flag `y`");
    }
    let unicode = flags.contains('u');
    let multiline = flags.contains('m');
    let mut body = String::new();
    let chars: Vec<char> = source.chars().collect();
    let mut at = 0;
    let mut in_class = false;
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied();
        match c {
            '\\' => {
                let Some(escaped) = next else {
                    return Err("it ends with a backslash".to_owned());
                };
                at += 2;
                escape(
                    escaped,
                    &chars,
                    &mut at,
                    unicode,
                    in_class,
                    &mut body,
                    &mut caveats,
                )?;
                continue;
            }
            '[' if in_class => body.push_str("\\["),
            '[' => {
                // What stands for anything, and for nothing, in JavaScript alone.
                if chars[at + 1..].starts_with(&['^', ']']) {
                    body.push_str("[\\s\\S]");
                    at += 3;
                    continue;
                }
                if next == Some(']') {
                    body.push_str("(?!)");
                    at += 2;
                    continue;
                }
                in_class = true;
                body.push('[');
            }
            ']' => {
                in_class = false;
                body.push(']');
            }
            '$' if !in_class => {
                if !multiline {
                    note(&mut caveats, LAST_LINE);
                }
                body.push('$');
            }
            '(' if !in_class => {
                let rest = &chars[at..];
                if rest.starts_with(&['(', '?', '<', '='])
                    || rest.starts_with(&['(', '?', '<', '!'])
                {
                    let inner = group(rest);
                    if inner
                        .iter()
                        .any(|c| matches!(c, '*' | '+' | '?' | '{' | '|'))
                    {
                        return Err("the server looks back over a fixed length only".to_owned());
                    }
                }
                body.push('(');
            }
            other => body.push(other),
        }
        at += 1;
    }
    if also_empty {
        out.push_str("^(?![\\s\\S])|(?:");
        out.push_str(&body);
        out.push(')');
    } else {
        out.push_str(&body);
    }
    Ok(Translated {
        source: out,
        caveats,
    })
}

fn note(caveats: &mut Vec<&'static str>, what: &'static str) {
    if !caveats.contains(&what) {
        caveats.push(what);
    }
}

/// What stands in a look-behind, from after its `(?<=`.
fn group(rest: &[char]) -> &[char] {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(c) = rest.get(at) {
        match c {
            '\\' => at += 1,
            '(' => depth += 1,
            ')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return &rest[4..at];
                }
            }
            _ => {}
        }
        at += 1;
    }
    rest.get(4..).unwrap_or_default()
}

fn escape(
    escaped: char,
    chars: &[char],
    at: &mut usize,
    unicode: bool,
    in_class: bool,
    body: &mut String,
    caveats: &mut Vec<&'static str>,
) -> Result<(), String> {
    match escaped {
        'u' => {
            let Some(mut code) = code_point(chars, at, unicode) else {
                // Without its digits it is the letter itself.
                body.push('u');
                return Ok(());
            };
            if (0xd800..0xdc00).contains(&code) && chars.get(*at..*at + 2) == Some(&['\\', 'u']) {
                let mut after = *at + 2;
                match code_point(chars, &mut after, unicode) {
                    Some(low) if (0xdc00..0xe000).contains(&low) => {
                        code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                        *at = after;
                    }
                    _ => {}
                }
            }
            if (0xd800..0xe000).contains(&code) {
                return Err("it names half a character".to_owned());
            }
            body.push_str(&format!("\\x{{{code:x}}}"));
        }
        'p' | 'P' if unicode => {
            let rest: String = chars[*at..].iter().take(40).collect();
            let name = rest
                .strip_prefix('{')
                .and_then(|r| r.split_once('}'))
                .map(|(name, _)| name);
            let Some(name) = name else {
                return Err("a class of characters has no name".to_owned());
            };
            let known = match name.split_once('=') {
                Some(("Script" | "sc" | "Script_Extensions" | "scx", script)) => script,
                Some(("General_Category" | "gc", category)) => category,
                Some(_) => "",
                None => name,
            };
            let known = match known {
                "Letter" => "L",
                "Number" => "N",
                "Punctuation" => "P",
                "Symbol" => "S",
                "Uppercase_Letter" => "Lu",
                "Lowercase_Letter" => "Ll",
                "Mark" => "M",
                "Separator" => "Z",
                other => other,
            };
            let is_category = known.len() <= 2 && name.len() <= 2;
            if !(is_category || known != name || name.contains('=')) || known.is_empty() {
                return Err(format!(
                    "the server does not know the class `\\{escaped}{{{name}}}`"
                ));
            }
            *at += name.chars().count() + 2;
            body.push_str(&format!("\\{escaped}{{{known}}}"));
        }
        's' | 'S' => {
            note(caveats, SPACES);
            body.push('\\');
            body.push(escaped);
        }
        // In a class it is a backspace in both; `\B` means nothing there.
        'd' | 'D' | 'w' | 'W' | 'b' | 't' | 'n' | 'r' | 'f' | 'v' | 'c' | 'x' | '0'..='9' => {
            if escaped == 'v' {
                // The server's `\v` is any vertical white space.
                body.push_str("\\x0b");
            } else {
                body.push('\\');
                body.push(escaped);
            }
        }
        'B' if !in_class => body.push_str("\\B"),
        'k' if chars.get(*at) == Some(&'<') => body.push_str("\\k"),
        // Any other letter stands for itself in JavaScript and for something else on the server.
        letter if letter.is_ascii_alphabetic() => body.push(letter),
        other => {
            body.push('\\');
            body.push(other);
        }
    }
    Ok(())
}

/// The number after `\u`: four digits, or any in braces where the flag `u` is set.
fn code_point(chars: &[char], at: &mut usize, unicode: bool) -> Option<u32> {
    if unicode && chars.get(*at) == Some(&'{') {
        let end = chars[*at..].iter().position(|c| *c == '}')?;
        let text: String = chars[*at + 1..*at + end].iter().collect();
        let code = u32::from_str_radix(&text, 16).ok()?;
        *at += end + 1;
        return Some(code);
    }
    let text: String = chars.get(*at..*at + 4)?.iter().collect();
    if !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    *at += 4;
    u32::from_str_radix(&text, 16).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    fn written(source: &str, flags: &str) -> String {
        translate(source, flags, false).unwrap().source
    }

    #[test]
    fn what_only_one_engine_knows_is_written_for_the_other() {
        assert_eq!(written("^[a-z]+$", "i"), "(?i)^[a-z]+$");
        assert_eq!(written(r"\u00e9\u{1F600}", "u"), r"\x{e9}\x{1f600}");
        assert_eq!(written(r"\ud83d\ude00", ""), r"\x{1f600}");
        assert_eq!(written("[^]", ""), r"[\s\S]");
        assert_eq!(written("[[:]", ""), r"[\[:]");
        assert_eq!(written(r"\h\Q", ""), "hQ");
        assert_eq!(written(r"\p{Script=Greek}\p{Lu}", "u"), r"\p{Greek}\p{Lu}");
        assert_eq!(written(r"^https?:\/\/", ""), r"^https?:\/\/");
    }

    #[test]
    fn what_the_server_would_refuse_is_not_written() {
        assert!(translate("(?<=a+)b", "", false).is_err());
        assert!(translate(r"\p{Emoji}", "u", false).is_err());
        assert!(translate(r"\ud83d", "", false).is_err());
        assert!(translate("a", "v", false).is_err());
        assert!(translate("(?<=a)b", "", false).is_ok());
    }

    #[test]
    fn differences_of_the_engines_are_named() {
        let translated = translate(r"^\S+$", "", true).unwrap();
        assert_eq!(translated.source, r"^(?![\s\S])|(?:^\S+$)");
        assert_eq!(translated.caveats, [SPACES, LAST_LINE]);
        assert!(translate("^a", "", false).unwrap().caveats.is_empty());
    }
}
