//! Copying a value, a path or a document to the terminal's clipboard: always whole, never as it is cut on the screen.

use super::{Documents, Handled};
use crate::app::command::Command;
use crate::app::effect::Effect;
use crate::app::scope::Scope;
use crate::app::words;
use crate::value::Malformed;
use crate::value::extjson::{self, Mode};
use crate::value::shell::{Style, print, print_document};

impl Documents {
    /// Takes a command that copies.
    pub(super) fn copy_command(&self, scope: &mut Scope<'_>, command: Command) -> Handled {
        let Some(document) = self.current() else {
            let copies = matches!(
                command,
                Command::CopyValue
                    | Command::CopyPath
                    | Command::CopyDocument
                    | Command::CopyDocumentCanonical
                    | Command::CopyDocumentRelaxed
            );
            if copies {
                scope.info("there is no document to copy");
                return Handled::Yes;
            }
            return Handled::No;
        };
        let json = |mode| extjson::print_document(&document, mode, extjson::Layout::Indented);
        let (what, text) = match command {
            Command::CopyValue => match self.current_value() {
                Some(value) => ("the value", print(value.as_raw(), &Style::COPY_LINE)),
                None => {
                    scope.info(format!("`{}` is not in this document", self.current_path()));
                    return Handled::Yes;
                }
            },
            Command::CopyPath => {
                let path = self.current_path();
                let text = if path.is_plain() {
                    path.dotted()
                } else {
                    path.to_string()
                };
                ("the path", Ok(text))
            }
            Command::CopyDocument => ("the document", print_document(&document, &Style::COPY)),
            Command::CopyDocumentCanonical => (
                "the document as canonical Extended JSON",
                json(Mode::Canonical),
            ),
            Command::CopyDocumentRelaxed => {
                ("the document as relaxed Extended JSON", json(Mode::Relaxed))
            }
            _ => return Handled::No,
        };
        copy(scope, what, text);
        Handled::Yes
    }
}

fn copy(scope: &mut Scope<'_>, what: &str, text: Result<String, Malformed>) {
    match text {
        Ok(text) => {
            let size = words::bytes(text.len() as u64);
            scope.info(format!("copied {what}, {size}"));
            scope.effects.push(Effect::Copy { text });
        }
        Err(problem) => scope.warn(format!("cannot copy {what}: {problem}")),
    }
}
