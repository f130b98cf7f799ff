//! `mongodeck trust`: look at what a project's file asks for, and allow it.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, print, usage};
use crate::config::trust::{List, Standing};
use crate::config::{self, project, raw};

/// Arguments of `mongodeck trust`.
#[derive(Debug, Args)]
pub struct TrustArgs {
    /// The project's file, or its directory; without it, the one that is found from the working directory upwards.
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// List the trusted files.
    #[arg(long, conflicts_with_all = ["path", "revoke", "yes"])]
    pub list: bool,
    /// Trust the file no more.
    #[arg(long, conflicts_with = "yes")]
    pub revoke: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// Runs `mongodeck trust`.
#[must_use]
pub fn run(args: &TrustArgs) -> Exit {
    let mut list = match List::load() {
        Ok(list) => list,
        Err(e) => return usage(&e),
    };
    if args.list {
        return show(&list);
    }
    let Some(file) = locate(args.path.as_deref()) else {
        return usage(&format!(
            "there is no `{}` in the working directory or above it",
            project::FILE
        ));
    };
    if args.revoke {
        return revoke(&mut list, &file);
    }
    trust(&mut list, &file, args.yes)
}

fn locate(path: Option<&Path>) -> Option<PathBuf> {
    match path {
        Some(path) if path.is_dir() => Some(path.join(project::FILE)),
        Some(path) => Some(path.to_owned()),
        None => project::find(&std::env::current_dir().ok()?),
    }
}

fn show(list: &List) -> Exit {
    if list.trusted.is_empty() {
        print::note("no project file is trusted");
    }
    for entry in &list.trusted {
        let standing = match config::read_text(&entry.path) {
            Ok(Some(text)) => match list.standing(&entry.path, &text) {
                Standing::Trusted => "",
                Standing::Changed | Standing::Unknown => "  (changed since)",
            },
            Ok(None) => "  (gone)",
            Err(_) => "  (cannot be read)",
        };
        let path = entry.path.display().to_string();
        if print::line(&format!("{}{standing}", print::printable(&path))) == print::Sent::Closed {
            break;
        }
    }
    Exit::Ok
}

fn revoke(list: &mut List, file: &Path) -> Exit {
    if !list.revoke(file) {
        return usage(&format!("`{}` was not trusted", file.display()));
    }
    match list.save() {
        Ok(()) => {
            print::note(&format!("`{}` is trusted no more", file.display()));
            Exit::Ok
        }
        Err(e) => usage(&e),
    }
}

fn trust(list: &mut List, file: &Path, yes: bool) -> Exit {
    let text = match config::read_text(file) {
        Ok(Some(text)) => text,
        Ok(None) => return usage(&format!("there is no file `{}`", file.display())),
        Err(e) => return usage(&e.to_string()),
    };
    let checked = match config::parse(file, &text, raw::Kind::Project) {
        Ok(checked) => checked,
        Err(e) => {
            for problem in &e.problems {
                print::error(problem);
            }
            return Exit::Usage;
        }
    };
    let standing = list.standing(file, &text);
    if standing == Standing::Trusted {
        print::note(&format!("`{}` is trusted already", file.display()));
        return Exit::Ok;
    }
    let again = if standing == Standing::Changed {
        " (it has changed since it was trusted)"
    } else {
        ""
    };
    print::note(&format!("`{}` asks for{again}:", file.display()));
    for line in project::asks(&checked) {
        // One thing a line: a name with a line end in it must not pass for a line of its own.
        print::note(&format!("  - {}", line.replace('\n', "\\n")));
    }
    for warning in &checked.warnings {
        print::warning(&config::render(file, &text, warning));
    }
    if !yes {
        if !std::io::stdin().is_terminal() {
            return usage(
                "nobody can be asked here: standard input is no terminal; allow it with `--yes`",
            );
        }
        print::note("allow this? [y/N]");
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        if read.is_err() || !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            print::note("not trusted");
            return Exit::Usage;
        }
    }
    // What was shown is what is trusted: the text is not read a second time.
    list.trust(file, &text);
    match list.save() {
        Ok(()) => {
            print::note("trusted; a change of the file asks again");
            Exit::Ok
        }
        Err(e) => usage(&e),
    }
}
