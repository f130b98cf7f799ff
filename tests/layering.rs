//! Holds the map of the crate's own documentation: reads the sources, and fails on an edge that the map forbids.

use std::fs;
use std::path::{Path, PathBuf};

/// What a layer may name of the crate, and what it may not name at all.
struct Layer {
    /// The file or folder under `src/`, without `.rs`; the longest that fits a file holds.
    at: &'static str,
    /// Prefixes of paths after `crate::`.
    may: &'static [&'static str],
    /// Whether it is pure: no files, no clock, no environment, no asynchronous runtime, no driver, no terminal.
    pure: bool,
}

const LAYERS: &[Layer] = &[
    Layer {
        at: "value",
        may: &["value"],
        pure: true,
    },
    Layer {
        at: "model",
        may: &["model", "value"],
        pure: true,
    },
    Layer {
        at: "query",
        may: &["query", "value"],
        pure: true,
    },
    Layer {
        at: "export",
        may: &["export", "value"],
        pure: true,
    },
    Layer {
        at: "pool",
        may: &["pool", "value"],
        pure: true,
    },
    Layer {
        at: "mongo/request",
        may: &[
            "value",
            "model",
            "query",
            "pool",
            "export",
            "mongo::request",
        ],
        pure: true,
    },
    Layer {
        at: "app",
        may: &[
            "app",
            "value",
            "model",
            "query",
            "pool",
            "export",
            "mongo::request",
            "config::state",
            "config::Profile",
        ],
        pure: true,
    },
    Layer {
        at: "view",
        may: &[
            "view",
            "app",
            "theme",
            "input",
            "value",
            "model",
            "query",
            "pool",
            "export",
            "mongo::request",
        ],
        pure: true,
    },
    Layer {
        at: "theme",
        may: &["theme", "value"],
        pure: false,
    },
    Layer {
        at: "input",
        may: &["input", "app::command", "app::context", "value"],
        pure: false,
    },
    Layer {
        at: "mongo",
        may: &[
            "mongo", "value", "model", "query", "pool", "export", "config", "clock",
        ],
        pure: false,
    },
    Layer {
        at: "config",
        may: &["config", "value", "model", "query", "mongo::request"],
        pure: false,
    },
    Layer {
        at: "cli",
        may: &[
            "cli",
            "config",
            "value",
            "model",
            "query",
            "pool",
            "export",
            "mongo",
            "theme",
            "input",
            "runtime::console",
        ],
        pure: false,
    },
    Layer {
        at: "clock",
        may: &["clock"],
        pure: false,
    },
    Layer {
        at: "terminal",
        may: &["terminal"],
        pure: false,
    },
];

/// Names that a pure layer does not use outside its own tests.
const IMPURE: &[&str] = &[
    "tokio::",
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "SystemTime::now",
    "Instant::now",
    "mongodb::",
    "crossterm::",
    "DateTime::now()",
];

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The code of a file: no comments, and not its own tests, which stand at its end.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
        .to_owned();
    text.lines()
        .filter(|l| !l.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Every path after `crate::`, with groups `crate::{a, b::c}` taken apart.
fn edges(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate::` in a macro counts too; `my_crate::` does not.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        expand("", &code[at + "crate::".len()..], &mut found);
    }
    found
}

fn expand(prefix: &str, rest: &str, found: &mut Vec<String>) {
    if let Some(group) = rest.strip_prefix('{') {
        let (mut depth, mut start) = (1, 0);
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if (c == ',' && depth == 1) || depth == 0 {
                let part = group[start..i].trim();
                if !part.is_empty() {
                    expand(prefix, part, found);
                }
                start = i + 1;
            }
            if depth == 0 {
                return;
            }
        }
        return;
    }
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .unwrap_or(rest.len());
    let path = &rest[..end];
    match path.strip_suffix("::") {
        Some(before) if rest[end..].starts_with('{') => {
            expand(&format!("{prefix}{before}::"), &rest[end..], found)
        }
        _ => found.push(format!("{prefix}{}", path.trim_end_matches(':'))),
    }
}

#[test]
fn no_layer_names_one_that_the_map_keeps_from_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 50, "the sources were not found");
    let mut wrong = Vec::new();
    let mut held = 0;
    for file in &files {
        let place = file.strip_prefix(&src).unwrap().with_extension("");
        let place = place.to_str().unwrap();
        // A file of tests may do what the code beside it may not.
        if place.ends_with("/tests") || place.contains("/tests/") {
            continue;
        }
        let fits = |l: &&Layer| place == l.at || place.starts_with(&format!("{}/", l.at));
        let Some(layer) = LAYERS.iter().filter(fits).max_by_key(|l| l.at.len()) else {
            continue;
        };
        held += 1;
        // A line of a program that is written for somebody else is text.
        let code = code(file).replace("\"use mongodb::", "\"use ");
        for edge in edges(&code) {
            let allowed = layer
                .may
                .iter()
                .any(|m| edge == *m || edge.starts_with(&format!("{m}::")));
            if !allowed {
                wrong.push(format!("src/{place}.rs names crate::{edge}"));
            }
        }
        if layer.pure {
            wrong.extend(
                IMPURE
                    .iter()
                    .filter(|name| code.contains(**name))
                    .map(|name| format!("src/{place}.rs uses {name}")),
            );
        }
        if !place.starts_with("mongo") && code.contains("mongodb::") {
            wrong.push(format!("src/{place}.rs names the driver"));
        }
    }
    assert!(held > 50, "only {held} files belong to a layer");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_edge_is_seen_in_every_form_of_a_path() {
    let code =
        "use crate::a::b;\nuse crate::{c, d::{e, f::g}};\nlet x = crate::h::i(1); $crate::j::k {}";
    assert_eq!(
        edges(code),
        ["a::b", "c", "d::e", "d::f::g", "h::i", "j::k"]
    );
}
