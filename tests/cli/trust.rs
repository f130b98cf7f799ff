//! A project's file counts for nothing until it is trusted, and again when it changes.

use crate::support::program::Home;

const PROJECT: &str = r#"
models = ["models/*.js"]
queries = ["queries/*.toml"]

[profiles.team]
uri = "mongodb://${TEAM_USER}:${TEAM_PASSWORD}@db.example.net:27017/?tls=true"

[profiles.vault]
uri_command = ["pass", "show", "db"]
"#;

fn knows_team(home: &Home) -> bool {
    // An unknown profile is told with those that are known.
    home.run(&["nowhere-at-all"]).err.contains("`team`")
}

#[test]
fn nothing_of_a_project_is_used_before_it_is_trusted_nor_after_it_changed() {
    let home = Home::new();
    home.write("work/mongodeck.toml", PROJECT);
    assert!(!knows_team(&home));
    let ran = home.run(&["config", "check"]);
    assert!(
        ran.err.contains("is not used: it is not trusted"),
        "{}",
        ran.err
    );

    let ran = home.run(&["trust", "--yes"]);
    assert_eq!(ran.code, 0);
    assert_eq!(
        ran.err,
        "`HOME/work/mongodeck.toml` asks for:
  - profile `team` connects to `mongodb://db.example.net:27017`
  - profile `team` sends the environment variable `TEAM_USER`
  - profile `team` sends the environment variable `TEAM_PASSWORD`
  - profile `vault` runs the command `pass show db`, and connects to where it says
  - reads models from `models/*.js`
  - reads saved queries from `queries/*.toml`
trusted; a change of the file asks again
"
    );
    assert!(knows_team(&home));
    assert_eq!(
        home.run(&["trust", "--list"]).out,
        "HOME/work/mongodeck.toml\n"
    );

    home.write(
        "work/mongodeck.toml",
        &format!("{PROJECT}\n# one more line\n"),
    );
    assert!(!knows_team(&home));
    let ran = home.run(&["config", "check"]);
    assert!(
        ran.err.contains("it has changed since it was trusted"),
        "{}",
        ran.err
    );
    assert!(
        home.run(&["trust", "--list"])
            .out
            .contains("(changed since)")
    );

    assert_eq!(home.run(&["trust", "--yes"]).code, 0);
    assert!(knows_team(&home));
    assert_eq!(home.run(&["trust", "--revoke"]).code, 0);
    assert!(!knows_team(&home));
}

#[test]
fn without_a_terminal_nobody_is_asked_and_nothing_is_trusted() {
    let home = Home::new();
    home.write("work/mongodeck.toml", PROJECT);
    let ran = home.run(&["trust"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("allow it with `--yes`"), "{}", ran.err);
    assert!(!knows_team(&home));
}

#[test]
fn the_file_is_found_from_a_directory_below() {
    let home = Home::new();
    home.write("work/mongodeck.toml", PROJECT);
    std::fs::create_dir_all(home.path("work/a/b")).unwrap();
    let mut command = home.command(&["trust", "--yes"]);
    command.current_dir(home.path("work/a/b"));
    assert_eq!(home.ran(command.output().unwrap()).code, 0);
    assert!(knows_team(&home));
}

#[test]
fn an_untrusted_file_cannot_stop_the_program_by_being_wrong() {
    let home = Home::new();
    home.write("work/mongodeck.toml", "this is = = no toml");
    assert_eq!(home.run(&["config", "check"]).code, 0);
    let ran = home.run(&["trust", "--yes"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("work/mongodeck.toml:1:"), "{}", ran.err);
}

#[test]
fn a_project_cannot_take_the_place_of_a_profile_of_ones_own() {
    let home = Home::with_config("[profiles.team]\nuri = \"mongodb://mine/\"\n");
    home.write("work/mongodeck.toml", PROJECT);
    assert_eq!(home.run(&["trust", "--yes"]).code, 0);
    let ran = home.run(&["config", "check"]);
    assert!(
        ran.err.contains("the profile `team`") && ran.err.contains("is left out"),
        "{}",
        ran.err
    );
}
