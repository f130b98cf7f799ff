//! What a change gives away: its text, a file of all of them, the document that it is about.

use super::super::Place;
use super::ChangesPanel;
use crate::app::command::Command;
use crate::app::effect::Effect;
use crate::app::field::Field;
use crate::app::overlay::{Overlay, Prompt, Purpose};
use crate::app::scope::Scope;
use crate::app::tab::Destination;
use crate::app::words;
use crate::mongo::request::Namespace;
use crate::mongo::request::observe::{DocumentBefore, FullDocument, TailPlace};
use crate::value::extjson::{self, Layout, Mode};

impl ChangesPanel {
    /// What a change brings beside itself, in words; `None` where that is nothing.
    #[must_use]
    pub fn brings(&self) -> Option<String> {
        let full = match self.full {
            FullDocument::Nothing => None,
            FullDocument::Lookup => Some("updates bring the document as it is by now"),
            FullDocument::WhenAvailable => {
                Some("updates bring the document as they left it, where it is kept")
            }
            FullDocument::Required => Some("updates must bring the document as they left it"),
        };
        let before = match self.before {
            DocumentBefore::Nothing => None,
            DocumentBefore::WhenAvailable => {
                Some("changes bring the document of before, where it is kept")
            }
            DocumentBefore::Required => Some("changes must bring the document of before"),
        };
        let all: Vec<&str> = full.into_iter().chain(before).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    pub(super) fn copy(&self, scope: &mut Scope<'_>, command: Command) {
        let Some(change) = self.changes.get(self.window.cursor) else {
            return scope.info("nothing to copy here");
        };
        let line = |mode| extjson::print_document(&change.event, mode, Layout::Compact);
        let text = match command {
            Command::CopyDocumentCanonical => line(Mode::Canonical),
            Command::CopyDocumentRelaxed => line(Mode::Relaxed),
            _ => Ok(words::document_text(&change.event)),
        };
        match text {
            Ok(text) => {
                scope.effects.push(Effect::Copy { text });
                scope.info("copied the change");
            }
            Err(_) => scope.info("the change is not valid BSON"),
        }
    }

    /// Asks for the file that the changes are to be written to: those that are here now.
    pub(super) fn ask_file(&mut self, scope: &mut Scope<'_>, at: &Place) {
        let mut text = String::new();
        let mut count = 0;
        for change in &self.changes {
            let before = text.len();
            match extjson::push_document(&mut text, &change.event, Mode::Relaxed, Layout::Compact) {
                Ok(()) => {
                    text.push('\n');
                    count += 1;
                }
                Err(_) => text.truncate(before),
            }
        }
        if count == 0 {
            return scope.info("no changes to write");
        }
        let place = self.place.as_ref().map(file_name).unwrap_or_default();
        self.exporting = Some((text, count));
        scope.overlays.push(Overlay::Prompt(Prompt {
            title: format!("write {} to a file", words::several(count, "change")),
            hint: "JSON lines; a file that is there already is not touched".to_owned(),
            field: Field::new(&format!("changes-{}{place}.jsonl", at.profile)),
            problem: None,
            purpose: Purpose::EventFile(at.tab),
        }));
    }

    /// Opens the document that was changed, as it is now.
    pub(super) fn open_document(&self, scope: &mut Scope<'_>, at: &Place) {
        let Some(change) = self.changes.get(self.window.cursor) else {
            return;
        };
        let inside = |key: &str| change.event.get_document(key).ok();
        let namespace = inside("ns").and_then(|ns| {
            Some(Namespace::new(
                ns.get_str("db").ok()?,
                ns.get_str("coll").ok()?,
            ))
        });
        let id = inside("documentKey").and_then(|k| k.get("_id").ok().flatten());
        let (Some(namespace), Some(id)) = (namespace, id) else {
            return scope.info("this change is not about a document");
        };
        if change.kind == "delete" {
            scope.info("the document was deleted by this change");
        }
        scope.destinations.push(Destination::Documents {
            profile: at.profile.clone(),
            namespace,
            filter: format!("{{_id: {}}}", words::line(id)),
        });
    }
}

/// A place as a part of a file's name.
fn file_name(place: &TailPlace) -> String {
    let name = match place {
        TailPlace::Deployment => return String::new(),
        TailPlace::Database(database) => database.clone(),
        TailPlace::Collection(namespace) => namespace.to_string(),
    };
    let safe = |c: char| match c.is_alphanumeric() || matches!(c, '.' | '-' | '_') {
        true => c,
        false => '_',
    };
    format!("-{}", name.chars().map(safe).collect::<String>())
}
