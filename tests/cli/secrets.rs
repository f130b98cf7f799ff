//! A password appears in no output, error, log or process list, whatever else goes wrong.

use crate::support::program::{Home, mode};

const PASSWORD: &str = "hunter2-very-secret";

#[track_caller]
fn silent(home: &Home, arguments: &[&str]) {
    let mut command = home.command(arguments);
    command.env("MONGODECK_LOG", "trace");
    let ran = home.ran(command.output().unwrap());
    assert!(!ran.out.contains(PASSWORD), "{}", ran.out);
    assert!(!ran.err.contains(PASSWORD), "{}", ran.err);
    let written = home.everything_written();
    assert!(!written.contains(PASSWORD), "{written}");
}

#[test]
fn a_broken_configuration_is_told_without_its_password() {
    for line in [
        format!("uri = \"mongo://ada:{PASSWORD}@h/\""),
        format!("uri = \"mongodb://ada:{PASSWORD}@/\""),
        format!("uri = \"mongodb://ada:{PASSWORD}@h/"),
        format!("uri = \"mongodb://ada:{PASSWORD}@h/${{X\""),
        format!("uri = mongodb://ada:{PASSWORD}@h/"),
        format!("url = \"mongodb://ada:{PASSWORD}@h/\""),
        format!("uri_env = \"mongodb://ada:{PASSWORD}@h/\""),
        format!("uri_keyring = \"mongodb:ada:{PASSWORD}@h\""),
        format!("color = \"mongodb://ada:{PASSWORD}@h/\""),
    ] {
        let home = Home::with_config(&format!("[profiles.a]\n{line}\n"));
        let ran = home.run(&["config", "check"]);
        assert!(
            ran.code == 2 || line.starts_with("uri_env"),
            "{line}: {}",
            ran.err
        );
        silent(&home, &["config", "check"]);
    }
    let home = Home::with_config(&format!(
        "[profiles.a]\nuri = \"mongodb://ada:{PASSWORD}@h/\"\n"
    ));
    mode(&home.path("config/config.toml"), 0o644);
    silent(&home, &["config", "check"]);
}

#[test]
fn a_password_on_the_command_line_is_not_quoted_back() {
    let home = Home::new();
    let uri = format!("mongodb://ada:{PASSWORD}@127.0.0.1:1/shop.orders");
    silent(&home, &["config", "path", &uri]);
    silent(&home, &["--bogus", &uri]);
    silent(&home, &[&uri, &uri]);
    silent(&home, &[&format!("mongo://ada:{PASSWORD}@h/")]);
    silent(&home, &[&format!("mongodb://ada:{PASSWORD}@h/a$b")]);
    silent(&home, &[&uri, "--port", "1"]);
}

#[test]
fn what_a_project_asks_for_is_shown_without_its_password() {
    let home = Home::new();
    home.write(
        "work/mongodeck.toml",
        &format!("[profiles.a]\nuri = \"mongodb://ada:{PASSWORD}@db.example.net/\"\n"),
    );
    let ran = home.run(&["trust", "--yes"]);
    assert!(ran.err.contains("mongodb://db.example.net"), "{}", ran.err);
    silent(&home, &["trust", "--yes"]);
}
