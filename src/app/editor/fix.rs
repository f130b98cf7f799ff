//! Mending a violation in the text: only the place at fault is typed anew, comments and all else stay.

use bson::{RawBson, RawDocumentBuf};

use super::buffer::{Buffer, INDENT};
use super::check::{Check, no_id, read};
use crate::model::{Fix, FixEdit};
use crate::value::shell::{Style, print, print_key};
use crate::value::{Kind, Path, Span, Step};

/// Makes a fix's changes in the text, which shows the part at `shown` of `base`.
///
/// # Errors
/// Why it cannot be made here.
pub fn apply(
    fix: &Fix,
    buffer: &mut Buffer,
    base: Option<&RawDocumentBuf>,
    shown: &Path,
    check: &Check,
) -> Result<(), String> {
    let mut content = check.content.clone();
    for (number, edit) in fix.edits.iter().enumerate() {
        let text = buffer.text();
        if number > 0 {
            // Earlier changes moved what follows them.
            let read = read(&text, base.map(|b| &**b), shown, 0, &mut no_id);
            content = read.ok().map(|r| r.content);
        }
        let Some(content) = &content else {
            return Err("the text has to parse first".to_owned());
        };
        let place = |path: &Path| content.place(shown, path);
        match edit {
            FixEdit::Set(path, value) => match place(path) {
                Some(at) => {
                    let printed = printed(value, indent_at(&text, at.value.start));
                    buffer.replace(at.value, &printed);
                }
                None => {
                    let (parent, key, value) = within(path, value, &|p| place(p).is_some())?;
                    let at = place(&parent)
                        .ok_or_else(|| format!("`{path}` lies outside of what is edited here"))?;
                    insert(buffer, &text, at.value, &key, &value)?;
                }
            },
            FixEdit::Unset(path) => {
                let at = place(path)
                    .ok_or_else(|| format!("`{path}` lies outside of what is edited here"))?;
                let start = at.key.start.min(at.value.start);
                buffer.replace(with_comma(&text, Span::new(start, at.value.end)), "");
            }
        }
    }
    Ok(())
}

/// The nearest container that is there, the key to put into it, and the value, wrapped in what is not there.
fn within(
    path: &Path,
    value: &RawBson,
    is_there: &dyn Fn(&Path) -> bool,
) -> Result<(Path, String, RawBson), String> {
    let (mut path, mut value) = (path.clone(), value.clone());
    loop {
        let Some(Step::Key(key)) = path.0.last().cloned() else {
            return Err(format!("there is no `{path}` to put it into"));
        };
        let parent = path.parent().unwrap_or_default();
        if is_there(&parent) {
            return Ok((parent, key, value));
        }
        let mut wrapped = RawDocumentBuf::new();
        let name = bson::raw::CString::try_from(key).map_err(|e| e.to_string())?;
        wrapped.append(name, value);
        value = RawBson::Document(wrapped);
        if parent.is_root() {
            return Err(format!("`{path}` lies outside of what is edited here"));
        }
        path = parent;
    }
}

/// Puts a field at the end of the container that stands at `span`.
fn insert(
    buffer: &mut Buffer,
    text: &str,
    span: Span,
    key: &str,
    value: &RawBson,
) -> Result<(), String> {
    let inside = text.get(span.start..span.end).unwrap_or_default();
    if !inside.starts_with('{') {
        return Err("what should hold it is no document".to_owned());
    }
    let outer = indent_at(text, span.start);
    let field = |indent: usize| format!("{}: {}", print_key(key), printed(value, indent));
    // What is significant ends before the closing bracket, before white space and comments.
    let end = significant_end(text, span);
    let open = text.get(..end).is_some_and(|t| t.ends_with('{')) && end == span.start + 1;
    let comma = if open || text[..end].ends_with(',') {
        ""
    } else {
        ","
    };
    if inside.contains('\n') {
        let indent = outer + INDENT;
        let line = format!("{comma}\n{}{}", " ".repeat(indent), field(indent));
        buffer.replace(Span::point(end), &line);
    } else {
        let space = if open { "" } else { " " };
        buffer.replace(Span::point(end), &format!("{comma}{space}{}", field(outer)));
    }
    Ok(())
}

/// Just past the last character inside a container that is neither white space nor in a comment.
fn significant_end(text: &str, span: Span) -> usize {
    let inside = text
        .get(span.start..span.end.saturating_sub(1))
        .unwrap_or("");
    let mut state = crate::value::highlight::State::default();
    let (mut end, mut start) = (span.start + 1, span.start);
    for line in inside.split('\n') {
        let (pieces, next) = crate::value::highlight::tokens(line, state);
        state = next;
        let last = pieces
            .iter()
            .rfind(|p| p.role != crate::value::highlight::Role::Comment);
        if let Some(last) = last {
            end = start + last.span.end;
        }
        start += line.len() + 1;
    }
    end
}

/// A field's span with the comma that parts it from the next one, or else from the one before, and with its line
/// where nothing else stands on it.
fn with_comma(text: &str, span: Span) -> Span {
    let (mut start, mut end) = (span.start, span.end);
    let after = text.get(end..).unwrap_or("");
    let blank = after.len() - after.trim_start().len();
    if after[blank..].starts_with(',') {
        end += blank + 1;
    } else {
        let before = text.get(..start).unwrap_or("").trim_end();
        if before.ends_with(',') {
            start = before.len() - 1;
        }
    }
    let line = text[..start].rfind('\n').map(|at| at + 1);
    let tail = text[end..].find('\n');
    if let (Some(line), Some(tail)) = (line, tail)
        && text[line..start].trim().is_empty()
        && text[end..end + tail].trim().is_empty()
    {
        // From the end of the line before to the end of this one.
        return Span::new(line - 1, end + tail);
    }
    Span::new(start, end)
}

/// The spaces that the line of an offset begins with.
fn indent_at(text: &str, offset: usize) -> usize {
    let line = text
        .get(..offset)
        .and_then(|t| t.rfind('\n'))
        .map_or(0, |at| at + 1);
    let line = text.get(line..).unwrap_or("");
    line.len() - line.trim_start_matches(' ').len()
}

/// A value as text to stand on a line of this indentation.
fn printed(value: &RawBson, indent: usize) -> String {
    let value = value.as_raw_bson_ref();
    let style = match Kind::of(value).is_container() {
        true => Style::INDENTED,
        false => Style::LINE,
    };
    let text = print(value, &style).unwrap_or_else(|_| "null".to_owned());
    // Only line breaks of the layout are there: those in strings are escaped.
    text.replace('\n', &format!("\n{}", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn mended(text: &str, edits: Vec<FixEdit>) -> Result<String, String> {
        let mut buffer = Buffer::new(text);
        let root = Path::root();
        let content = read(text, None, &root, 0, &mut no_id).unwrap().content;
        let check = Check::passed(0, text, content, &root, Vec::new(), &[]);
        let fix = Fix {
            label: String::new(),
            edits,
        };
        apply(&fix, &mut buffer, None, &root, &check)?;
        let text = buffer.text();
        assert!(
            read(&text, None, &root, 0, &mut no_id).is_ok(),
            "it does not parse any more:\n{text}"
        );
        Ok(text)
    }

    fn set(path: &str, value: impl Into<RawBson>) -> FixEdit {
        FixEdit::Set(Path::from_dotted(path), value.into())
    }

    #[test]
    fn a_value_is_typed_anew_and_all_else_stays_as_it_was() {
        assert_eq!(
            mended("{ a : '12' , // years\n  b:1}", vec![set("a", 12)]).unwrap(),
            "{ a : 12 , // years\n  b:1}"
        );
    }

    #[test]
    fn a_missing_field_comes_after_the_last_one() {
        for (before, after) in [
            ("{}", "{b: 2}"),
            ("{ a: 1 }", "{ a: 1, b: 2 }"),
            ("{\n  a: 1\n}", "{\n  a: 1,\n  b: 2\n}"),
            ("{\n  a: 1,\n}", "{\n  a: 1,\n  b: 2\n}"),
            ("{\n  a: 1 // one\n}", "{\n  a: 1,\n  b: 2 // one\n}"),
        ] {
            assert_eq!(mended(before, vec![set("b", 2)]).unwrap(), after);
        }
    }

    #[test]
    fn a_missing_field_of_a_missing_document_comes_with_it() {
        assert_eq!(
            mended("{ a: 1 }", vec![set("b.c", 2)]).unwrap(),
            "{ a: 1, b: {\n  c: 2\n} }"
        );
    }

    #[test]
    fn a_field_goes_with_its_comma_and_its_line() {
        let unset = |path: &str| vec![FixEdit::Unset(Path::from_dotted(path))];
        for (before, path, after) in [
            ("{\n  a: 1,\n  b: 2\n}", "a", "{\n  b: 2\n}"),
            ("{\n  a: 1,\n  b: 2\n}", "b", "{\n  a: 1\n}"),
            ("{ a: 1, b: 2 }", "b", "{ a: 1 }"),
            ("{ a: 1 }", "a", "{  }"),
        ] {
            assert_eq!(mended(before, unset(path)).unwrap(), after);
        }
    }

    #[test]
    fn several_changes_are_made_in_their_order() {
        let edits = vec![
            FixEdit::Unset(Path::from_dotted("a")),
            set("b", 'x'.to_string()),
        ];
        assert_eq!(mended("{ a: 1, b: 2 }", edits).unwrap(), "{  b: 'x' }");
    }
}
