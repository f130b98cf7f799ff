//! What is asked before an operation is stopped: which one it is, whose, and what stopping it undoes.

use super::operation::line;
use crate::app::words;
use crate::mongo::request::observe::RunningOperation;

/// Characters of a statement in a question.
const ASKED: usize = 300;

fn builds_index(operation: &RunningOperation) -> bool {
    let first = operation.command.iter().flatten().next();
    first.is_some_and(|(key, _)| key.as_str() == "createIndexes")
}

fn who(operation: &RunningOperation) -> String {
    let parts = [&operation.client, &operation.application, &operation.user];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    match parts.is_empty() {
        true => "the server itself".to_owned(),
        false => parts.join(", "),
    }
}

/// The lines of the question.
pub(super) fn question(operation: &RunningOperation, host: &str) -> Vec<String> {
    let since = match operation.running {
        Some(running) => format!(", for {}", words::span(running)),
        None => String::new(),
    };
    let mut lines = vec![
        format!("{} on {}{since}", operation.kind, operation.namespace),
        format!("from {}", who(operation)),
        format!("on {host}"),
        line(operation).chars().take(ASKED).collect(),
    ];
    if operation.ours {
        lines.push("it is this program's own: what waits for it here will fail".to_owned());
    }
    let writes = matches!(operation.kind.as_str(), "update" | "remove" | "insert");
    match operation.transaction {
        Some(_) => lines.push("all that its transaction has written is undone".to_owned()),
        None if writes => lines.push("what it has written so far stays written".to_owned()),
        None => {}
    }
    if operation.cursor.is_some() {
        lines.push("it gets a batch of a cursor: that is closed too".to_owned());
    }
    if builds_index(operation) {
        lines.push("an index that it builds is given up; the collection stays as it is".to_owned());
    } else if operation.is_internal() && operation.transaction.is_none() {
        lines.push("it is the server's own: stopping it may harm the deployment".to_owned());
    }
    lines
}
