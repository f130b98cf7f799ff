//! Targets and flags that cannot be meant are refused before anything is opened.

use crate::support::program::Home;

const CONFIG: &str = "[profiles.staging]\nuri = \"mongodb://127.0.0.1:1/\"\n";

#[test]
fn a_misspelt_profile_is_told_with_the_one_that_was_meant() {
    let ran = Home::with_config(CONFIG).run(&["stagin/shop.orders"]);
    assert_eq!(ran.code, 2);
    assert_eq!(
        ran.err,
        "error: there is no profile `stagin`; did you mean `staging`?\n"
    );
    assert_eq!(ran.out, "");
}

#[test]
fn a_misspelt_command_is_told_with_the_one_that_was_meant() {
    let ran = Home::new().run(&["confg"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("did you mean the command `config`?"),
        "{}",
        ran.err
    );
}

#[test]
fn an_unknown_flag_is_a_usage_error() {
    let ran = Home::new().run(&["--tlsCaFile", "x"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--tlsCAFile"), "{}", ran.err);
}

#[test]
fn help_and_version_go_to_standard_output() {
    for flag in ["--help", "--version"] {
        let ran = Home::new().run(&[flag]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(ran.out.contains("mongodeck"));
    }
}

#[test]
fn a_password_that_is_missing_is_not_asked_for_without_a_terminal() {
    // In a session of its own there is no terminal to open either.
    let home = Home::new();
    let mut command = std::process::Command::new("setsid");
    let inner = home.command(&[]);
    command
        .arg("--wait")
        .arg(inner.get_program())
        .args(["mongodb://ada@127.0.0.1:1/"]);
    for (name, value) in inner.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
        .current_dir(home.path("work"))
        .stdin(std::process::Stdio::null());
    let ran = home.ran(command.output().unwrap());
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("there is no terminal to ask on"),
        "{}",
        ran.err
    );
}

#[test]
fn a_log_level_that_is_none_is_refused() {
    let ran = Home::new().run(&["--log-level", "loud", "config", "path"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("`loud` is no log level"), "{}", ran.err);
}

#[test]
fn a_target_before_a_command_is_not_passed_over() {
    let ran = Home::new().run(&["staging", "config", "path"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
}

#[test]
fn the_log_is_a_private_file_and_its_level_may_stand_before_a_command() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    assert_eq!(
        home.run(&["--log-level", "debug", "config", "path"]).code,
        0
    );
    let logs = home.path("state/logs");
    let mode = |p: &std::path::Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&logs), 0o700);
    assert_eq!(std::fs::read_dir(&logs).unwrap().count(), 1);
}
