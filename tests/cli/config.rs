//! `mongodeck config`: files that are right, and what is said of those that are not.

use std::fmt::Write as _;
use std::path::Path;

use crate::support::program::{Home, mode};

/// The files of a case folder, by name.
fn cases(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cli/cases")
        .join(folder);
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

#[test]
fn every_valid_file_is_accepted_without_a_word_of_warning() {
    for (name, text) in cases("valid") {
        let ran = Home::with_config(&text).run(&["config", "check"]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.err);
        // What the file refers to is not on this machine.
        let here = |l: &str| {
            l.contains("not set")
                || l.contains("cannot be read")
                || l.contains("no program")
                || l.contains("no file matches")
        };
        let other = ran.err.lines().find(|l| l.contains("warning") && !here(l));
        assert_eq!(other, None, "{name}: {}", ran.err);
    }
}

#[test]
fn every_invalid_file_is_refused_with_all_its_problems_at_their_places() {
    let mut said = String::new();
    for (name, text) in cases("invalid") {
        let ran = Home::with_config(&text).run(&["config", "check"]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.err);
        assert_eq!(ran.out, "", "{name}");
        let _ = writeln!(said, "--- {name}\n{}", ran.err);
    }
    insta::assert_snapshot!(said);
}

#[test]
fn the_path_is_printed_whether_or_not_the_file_exists() {
    let home = Home::new();
    let ran = home.run(&["config", "path"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "HOME/config/config.toml\n")
    );
}

#[test]
fn the_xdg_directory_is_used_without_an_override() {
    let home = Home::new();
    let mut command = home.command(&["config", "path"]);
    command
        .env_remove("MONGODECK_CONFIG_DIR")
        .env("XDG_CONFIG_HOME", home.path("xdg"));
    let ran = home.ran(command.output().unwrap());
    assert_eq!(ran.out, "HOME/xdg/mongodeck/config.toml\n");
}

#[test]
fn a_first_file_is_private_right_and_never_written_over_another() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    assert_eq!(home.run(&["config", "init"]).code, 0);
    let path = home.path("config/config.toml");
    let permissions = std::fs::metadata(&path).unwrap().permissions();
    assert_eq!(permissions.mode() & 0o777, 0o600);
    let ran = home.run(&["config", "check"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    std::fs::write(&path, "# mine").unwrap();
    let ran = home.run(&["config", "init"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("is there already"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "# mine");
}

#[test]
fn no_file_at_all_is_no_error() {
    let ran = Home::new().run(&["config", "check"]);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("mongodeck config init"), "{}", ran.err);
}

#[test]
fn a_password_in_a_file_that_others_can_read_is_warned_of() {
    let text = "[profiles.a]\nuri = \"mongodb://ada:hunter2@h/\"\n";
    let home = Home::with_config(text);
    assert!(!home.run(&["config", "check"]).err.contains("warning"));
    mode(&home.path("config/config.toml"), 0o644);
    let ran = home.run(&["config", "check"]);
    assert_eq!(ran.code, 0);
    assert_eq!(
        ran.err.split("`HOME").next().unwrap(),
        "warning: HOME/config/config.toml:2:7: a password stands in a file that others can read
  |
2 | uri = \"mongodb://ada:*******@h/\"
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^
  = run `chmod 600` on it, or use `uri_env`, `uri_command` or `uri_keyring`
"
    );
}

#[test]
fn a_file_that_is_not_text_is_refused() {
    let home = Home::new();
    std::fs::write(home.path("config/config.toml"), b"a = \"\xff\"").unwrap();
    let ran = home.run(&["config", "check"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("byte 5 is not UTF-8"), "{}", ran.err);
}

#[test]
fn a_named_file_is_checked_in_place_of_the_configuration() {
    let home = Home::with_config("nonsense");
    let file = home.write("work/mongodeck.toml", "theme = \"dark\"\n");
    let ran = home.run(&["config", "check", file.to_str().unwrap()]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("`theme` cannot stand in a project's file"),
        "{}",
        ran.err
    );
}

#[test]
fn a_theme_and_a_keymap_that_do_not_exist_are_told_by_the_check() {
    let ran = Home::with_config("theme = \"drak\"\nkeymap = \"nano\"\n").run(&["config", "check"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean `dark`?"), "{}", ran.err);
    assert!(ran.err.contains("`nano` is not a keymap"), "{}", ran.err);
}

#[test]
fn a_mistake_in_the_keymap_is_told_with_a_caret() {
    let home = Home::new();
    home.write("config/keymap.toml", "[global]\n\"ctrl-\" = 1\n");
    let ran = home.run(&["config", "check"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("keymap.toml:2:") && ran.err.contains('^'),
        "{}",
        ran.err
    );
}

#[test]
fn what_the_console_would_refuse_is_found_before_it_opens() {
    let refused = [
        ("theme = 'drak'", "drak"),
        ("keymap = 'vi'", "vi"),
        ("[profiles.a]\nuri = 'mongodb://u:p@ss@x/'", "profile `a`"),
    ];
    for (text, word) in refused {
        let home = Home::with_config(text);
        let file = home.path("config/config.toml");
        for arguments in [
            &["config", "check"][..],
            &["config", "check", file.to_str().unwrap()],
        ] {
            let ran = home.run(arguments);
            assert_eq!(ran.code, 2, "{text}: {}", ran.err);
            assert!(ran.err.contains(word), "{text}: {}", ran.err);
            assert!(!ran.err.contains("p@ss"), "{}", ran.err);
        }
    }
    let missing = [
        ("uri = 'mongodb://u:${PW}@x/'", "`PW` is not set"),
        ("uri_command = ['no-such-program']", "no-such-program"),
        (
            "uri = 'mongodb://x/'\nmodels = ['nofile.js', 'shipped:nope']",
            "nofile.js",
        ),
        (
            "uri = 'mongodb://x/'\n[profiles.a.tls]\nca_file = 'none.pem'",
            "none.pem",
        ),
    ];
    for (text, word) in missing {
        let ran = Home::with_config(&format!("[profiles.a]\n{text}")).run(&["config", "check"]);
        assert_eq!(ran.code, 0, "{text}: {}", ran.err);
        assert!(ran.err.contains(word), "{text}: {}", ran.err);
    }
    let home = Home::new();
    home.write("work/mongodeck.toml", "[profiles.a]\nurl = 'x'");
    let ran = home.run(&["config", "check"]);
    assert!(ran.err.contains("did you mean `uri`"), "{}", ran.err);
}

#[test]
fn documents_are_judged_line_by_line_whatever_is_wrong_with_others() {
    let home = Home::new();
    let lines = "{\"name\": 5}\n{\"name\": }\n\n{\"_id\": 3}\n";
    home.write("work/d.jsonl", lines);
    home.write(
        "work/m.json",
        r#"{"bsonType": "object", "required": ["name"], "properties": {"name": {"bsonType": "string"}}}"#,
    );
    let ran = home.run(&["validate", "--model", "m.json", "d.jsonl"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    let rows: Vec<Vec<&str>> = ran.out.lines().map(|l| l.split('\t').collect()).collect();
    assert_eq!(rows.len(), 2, "{}", ran.out);
    assert_eq!(rows[0][..3], ["d.jsonl:1", "error", "name"]);
    assert_eq!(rows[1][..3], ["d.jsonl:4", "error", "name"]);
    assert!(ran.err.contains("d.jsonl:2:10"), "{}", ran.err);
    let ran = home.run(&[
        "validate", "--model", "m.json", "--format", "json", "d.jsonl",
    ]);
    let last: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["document"], &last["_id"], &last["file"]),
        (&4.into(), &3.into(), &"d.jsonl".into())
    );
    let ran = home.run(&["validate", "--model", "shipped:nexstep", "d.jsonl"]);
    assert!(ran.err.contains("choose one"), "{}", ran.err);
}
