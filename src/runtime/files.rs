//! Which files and directories a path may go on with.

use crate::config::check::home;

/// Names that are looked at in one directory, at the most.
const MOST: usize = 2_000;
/// Paths that are given back, at the most.
const GIVEN: usize = 200;

/// The paths that begin with `text`, in order, directories with a `/` at their end; none where the directory cannot be
/// read. Hidden ones only where the name begins with a dot.
#[must_use]
pub fn beginning(text: &str) -> Vec<String> {
    if text == "~" {
        return vec!["~/".to_owned()];
    }
    let (lead, name) = match text.rfind('/') {
        Some(at) => text.split_at(at + 1),
        None => ("", text),
    };
    let directory = match lead {
        "" => ".".into(),
        lead => home(lead),
    };
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut found: Vec<String> = entries
        .take(MOST)
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let found = entry.file_name().into_string().ok()?;
            let fits =
                found.starts_with(name) && (!found.starts_with('.') || name.starts_with('.'));
            // What a link leads to counts.
            let end = match std::fs::metadata(entry.path()) {
                Ok(it) if it.is_dir() => "/",
                _ => "",
            };
            fits.then(|| format!("{lead}{found}{end}"))
        })
        .collect();
    found.sort();
    found.truncate(GIVEN);
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn paths_go_on_with_what_is_in_their_directory() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::write(at("orders.csv"), "").unwrap();
        std::fs::write(at(".orders"), "").unwrap();
        std::fs::create_dir(at("old")).unwrap();
        let lead = format!("{}/", directory.path().to_str().unwrap());
        assert_eq!(
            beginning(&format!("{lead}o")),
            [format!("{lead}old/"), format!("{lead}orders.csv")]
        );
        assert_eq!(beginning(&format!("{lead}.o")), [format!("{lead}.orders")]);
        assert!(beginning(&format!("{lead}none/x")).is_empty());
        assert_eq!(beginning("~"), ["~/"]);
        assert!(beginning("~/").iter().all(|p| p.starts_with("~/")));
    }
}
