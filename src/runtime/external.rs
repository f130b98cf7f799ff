//! Editing text in the person's own editor.
//!
//! The text goes through a private file in a private directory, both gone afterwards. The editor is `VISUAL`, else
//! `EDITOR`, else `vi`, split at spaces and run without a shell.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use crate::terminal::Screen;

/// The longest text that is taken back, in bytes: what a document can be, written out.
const LIMIT: u64 = 128 << 20;

/// Gives the terminal to the editor, and the text it left.
///
/// # Errors
/// In words for the person: there is no editor, it failed, or its file cannot be read. The terminal is taken again
/// in any case.
pub async fn edit(screen: &mut Screen, text: &str, line: usize) -> Result<String, String> {
    let directory = tempfile::Builder::new()
        .prefix("mongodeck-")
        .tempdir()
        .map_err(|e| format!("no directory for the editor's file: {e}"))?;
    let path = directory.path().join("document.js");
    let written = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|e| format!("cannot write the editor's file: {e}"))?;
    run(screen, &path, line).await?;
    let size = fs::metadata(&path)
        .map(|m| m.len())
        .map_err(|e| format!("cannot read the editor's file: {e}"))?;
    if size > LIMIT {
        return Err("the editor's file is longer than any document".to_owned());
    }
    fs::read_to_string(&path).map_err(|e| format!("cannot read the editor's file: {e}"))
}

/// Gives the terminal to the editor with a file of the person's own.
///
/// # Errors
/// In words for the person: the file is not there, there is no editor, or it failed.
pub async fn open(screen: &mut Screen, file: &str, line: usize) -> Result<(), String> {
    let path = Path::new(file);
    match path.is_file() {
        true => run(screen, path, line).await,
        false => Err(format!("`{file}` is not there any more")),
    }
}

async fn run(screen: &mut Screen, path: &Path, line: usize) -> Result<(), String> {
    let command = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.trim().is_empty()))
        .unwrap_or_else(|| "vi".to_owned());
    let mut words = command.split_whitespace();
    let program = words.next().unwrap_or("vi");
    screen.leave();
    let mut editor = tokio::process::Command::new(program);
    editor.args(words);
    if line > 1 && takes_line(program) {
        editor.arg(format!("+{line}"));
    }
    editor
        .arg(path)
        .stdin(Stdio::inherit())
        .stdout(Stdio::inherit())
        .stderr(Stdio::inherit());
    let status = editor.status().await;
    let taken = screen.resume();
    let status =
        status.map_err(|e| format!("cannot run the editor `{program}`: {e}; set EDITOR"))?;
    taken.map_err(|e| format!("the terminal is gone: {e}"))?;
    if !status.success() {
        return Err(format!(
            "the editor `{program}` ended with {status}; nothing was taken from it"
        ));
    }
    Ok(())
}

/// Editors that take `+LINE` before the file.
fn takes_line(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    matches!(
        name,
        "vi" | "vim"
            | "nvim"
            | "nano"
            | "emacs"
            | "emacsclient"
            | "kak"
            | "micro"
            | "joe"
            | "ne"
            | "mg"
    )
}
