//! The built program, run with directories of its own and nothing of this machine's configuration.

#![allow(dead_code, reason = "each test uses a part")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::server::PROGRAM;

/// A home of its own, removed at the end.
pub struct Home {
    directory: tempfile::TempDir,
}

/// What the program came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error, with the home's path replaced by `HOME`.
    pub err: String,
}

impl Home {
    /// An empty home.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for sub in ["config", "state", "cache", "work"] {
            std::fs::create_dir(directory.path().join(sub)).unwrap();
        }
        Self { directory }
    }

    /// A file or directory in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a private file in it.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        mode(&path, 0o600);
        path
    }

    /// A home with this configuration.
    pub fn with_config(text: &str) -> Self {
        let home = Self::new();
        home.write("config/config.toml", text);
        home
    }

    /// The program with these arguments, in the home's `work`, with no terminal and nothing on standard input.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.directory.path())
            .env("MONGODECK_CONFIG_DIR", self.path("config"))
            .env("MONGODECK_STATE_DIR", self.path("state"))
            .env("MONGODECK_CACHE_DIR", self.path("cache"))
            .current_dir(self.path("work"))
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.ran(self.command(arguments).output().unwrap())
    }

    /// What `output` says, with this home's path taken out.
    pub fn ran(&self, output: Output) -> Ran {
        let real = self.directory.path().canonicalize().unwrap();
        let clean = |bytes: Vec<u8>| {
            String::from_utf8(bytes)
                .unwrap()
                .replace(real.to_str().unwrap(), "HOME")
                .replace(self.directory.path().to_str().unwrap(), "HOME")
        };
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: clean(output.stdout),
            err: clean(output.stderr),
        }
    }

    /// The text of all files under the home, for a search through what was left behind.
    pub fn everything_written(&self) -> String {
        let mut text = String::new();
        let mut open = vec![self.path("state"), self.path("cache")];
        while let Some(directory) = open.pop() {
            for entry in std::fs::read_dir(directory).unwrap().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    text.push_str(&String::from_utf8_lossy(&std::fs::read(path).unwrap()));
                }
            }
        }
        text
    }
}

/// Sets the permissions of a file.
pub fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
