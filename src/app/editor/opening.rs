//! How an edit begins: of a document, of a value, of a draft, or of nothing.
//!
//! Invariant: what is opened is short enough for every key to be answered within a frame.

use std::sync::Arc;

use bson::{RawBson, RawDocument, RawDocumentBuf};

use super::draft::Keeping;
use super::{Editor, Host, check, millis, review};
use crate::app::scope::Scope;
use crate::app::words;
use crate::config::state::{Draft, DraftKind};
use crate::value::Path;
use crate::value::shell::{Style, print, print_document};

/// Longer texts are edited by their part: every key costs time in proportion to all lines.
const MOST_LINES: usize = 2_000;
/// Longer texts are edited by their part, in bytes.
const MOST_BYTES: usize = 512 << 10;

impl Editor {
    /// Edits a document; where its text would be too long, the outermost value on the way to `near` that is not.
    ///
    /// # Errors
    /// Why it cannot be edited, and what can be done.
    pub fn open(
        scope: &mut Scope<'_>,
        host: Host,
        document: Arc<RawDocumentBuf>,
        near: &Path,
    ) -> Result<Self, String> {
        let kind = DraftKind::Edit;
        let size = match fitting(&document, &Path::root()) {
            Ok(text) => {
                let root = Path::root();
                let mut editor = Self::new(scope, host, kind, Some(document), root, text);
                editor.go_near(scope, near);
                return Ok(editor);
            }
            Err(size) => size,
        };
        let near = check::resolve(near, &document).unwrap_or_default();
        let of_id = matches!(near.0.first(), Some(crate::value::Step::Key(key)) if key == "_id");
        // The `_id` alone would fit, but it never changes.
        for steps in 1..=near.0.len() * usize::from(!of_id) {
            let path = Path(near.0[..steps].to_vec());
            if let Ok(text) = fitting(&document, &path) {
                scope.info(format!("the document is {size}: `{path}` alone is edited"));
                return Ok(Self::new(scope, host, kind, Some(document), path, text));
            }
        }
        Err(format!(
            "the document is {size}, too long to be edited whole: put the cursor on a smaller value (in the tree) and edit that"
        ))
    }

    /// Edits one value of a document.
    ///
    /// # Errors
    /// Why it cannot be edited alone, and what can be done.
    pub fn open_value(
        scope: &mut Scope<'_>,
        host: Host,
        document: Arc<RawDocumentBuf>,
        path: &Path,
    ) -> Result<Self, String> {
        let path = value_path(&document, path)?;
        let text = fitting(&document, &path)
            .map_err(|size| format!("`{path}` is {size}: put the cursor on a smaller value"))?;
        // Of a string, its end is where one goes on typing.
        let end = text.len() - usize::from(text.starts_with('\'') && !text.contains('\n'));
        let is_text = end < text.len();
        let kind = DraftKind::Edit;
        let mut editor = Self::new(scope, host, kind, Some(document), path, text);
        if is_text {
            editor.buffer.go_to(end);
        }
        Ok(editor)
    }

    /// Puts the cursor where the text shows a place of the document.
    fn go_near(&mut self, scope: &Scope<'_>, near: &Path) {
        // The `_id` is where the cursor of a table starts, and nothing to edit.
        if matches!(near.0.first(), Some(crate::value::Step::Key(key)) if key == "_id") {
            return;
        }
        let content = self.check.content.as_ref();
        let place = (1..=near.0.len()).rev().find_map(|n| {
            let path = Path(near.0[..n].to_vec());
            content?.place(&self.path, &path)
        });
        if let Some(place) = place {
            self.buffer.go_to(place.value.start);
            self.keep_in_sight(scope);
        }
    }

    /// Edits one value of a document, with `value` in its place already.
    ///
    /// # Errors
    /// Why it cannot be edited alone.
    pub fn open_changed(
        scope: &mut Scope<'_>,
        host: Host,
        document: Arc<RawDocumentBuf>,
        path: &Path,
        value: &RawBson,
    ) -> Result<Self, String> {
        let mut editor = Self::open_value(scope, host, document, path)?;
        let text = print(value.as_raw_bson_ref(), &Style::INDENTED).map_err(|e| e.to_string())?;
        editor.buffer.set(&text);
        editor.changed(scope);
        Ok(editor)
    }

    /// A new document: what the model says a new one is, or one with a new `_id` alone.
    #[must_use]
    pub fn open_new(scope: &mut Scope<'_>, host: Host) -> Self {
        let namespace = &host.namespace;
        let model = scope
            .models
            .for_namespace(&namespace.database, &namespace.collection);
        let now = scope.now;
        let document = match model {
            Some(model) => model.template(millis(now), &mut || scope.ids.object_id(now)),
            None => RawDocumentBuf::new(),
        };
        let document = match document.get("_id") {
            Ok(Some(_)) => document,
            _ => {
                let id = RawBson::ObjectId(scope.ids.object_id(now));
                review::with_id(&document, &id)
            }
        };
        let text = words::document_text(&document);
        Self::new(scope, host, DraftKind::New, None, Path::root(), text)
    }

    /// A new document like another one, with an `_id` of its own.
    ///
    /// # Errors
    /// Why it cannot be duplicated here.
    pub fn open_duplicate(
        scope: &mut Scope<'_>,
        host: Host,
        document: &RawDocument,
    ) -> Result<Self, String> {
        let id = RawBson::ObjectId(scope.ids.object_id(scope.now));
        let copy = review::with_id(document, &id);
        let text = fitting(&copy, &Path::root())
            .map_err(|size| format!("the document is {size}, too long to be edited whole"))?;
        Ok(Self::new(
            scope,
            host,
            DraftKind::New,
            None,
            Path::root(),
            text,
        ))
    }

    /// Opens a draft again, with the document that it started from. Whether that has changed since is found out by the
    /// write.
    #[must_use]
    pub fn resume(scope: &mut Scope<'_>, host: Host, draft: &Draft) -> Self {
        let base = draft.base.clone();
        let base = base.and_then(|bytes| RawDocumentBuf::from_bytes(bytes).ok());
        let path = review::path_kept(&draft.path);
        let (base, path, kind) = match base {
            Some(base) if draft.kind == DraftKind::Edit => {
                let path = check::resolve(&path, &base).unwrap_or_default();
                (Some(Arc::new(base)), path, DraftKind::Edit)
            }
            _ => (None, Path::root(), DraftKind::New),
        };
        let mut editor = Self::new(scope, host, kind, base, path, draft.text.clone());
        editor.original = editor
            .base
            .as_ref()
            .and_then(|base| fitting(base, &editor.path).ok());
        editor.keeping = Keeping::resumed(draft);
        editor.uncertain = draft.uncertain;
        editor
    }
}

/// The path of a value that can be edited alone.
///
/// # Errors
/// Why it cannot, and what can be done.
pub fn value_path(document: &RawDocument, path: &Path) -> Result<Path, String> {
    if path.is_root() {
        return Err("put the cursor on a value first".to_owned());
    }
    check::resolve(path, document).ok_or_else(|| match path.get(document) {
        None => format!("there is no `{path}` in this document: edit the document to add it"),
        Some(_) => format!("a name on the way to `{path}` occurs twice: edit the whole document"),
    })
}

/// The text of the value at a path, where it is short enough to be edited; else how long it is.
fn fitting(document: &RawDocument, path: &Path) -> Result<String, String> {
    let mib = |bytes: usize| format!("{:.1} MB", bytes as f64 / 1e6);
    let text = match path.get(document) {
        None => return Err("not there".to_owned()),
        Some(bson::RawBsonRef::Document(inner)) => {
            if inner.as_bytes().len() > MOST_BYTES {
                return Err(mib(inner.as_bytes().len()));
            }
            print_document(inner, &Style::INDENTED)
        }
        Some(value) => print(value, &Style::INDENTED),
    };
    let text = text.map_err(|e| e.to_string())?;
    let lines = text.lines().count();
    if text.len() > MOST_BYTES {
        return Err(mib(text.len()));
    }
    if lines > MOST_LINES {
        return Err(format!("{lines} lines"));
    }
    Ok(text)
}
