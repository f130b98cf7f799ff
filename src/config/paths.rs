//! Where files are, and how they are written.
//!
//! The configuration, the state (drafts, sessions, logs, the trust list) and the cache each have a directory: the
//! platform's own, or one from the environment. Every file written is private (0600 in directories of 0700) and comes
//! into place by a rename, so that no reader ever sees half of it and no crash leaves half of it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// Overrides the configuration's directory.
pub const CONFIG_DIR: &str = "MONGODECK_CONFIG_DIR";
/// Overrides the state's directory.
pub const STATE_DIR: &str = "MONGODECK_STATE_DIR";
/// Overrides the cache's directory.
pub const CACHE_DIR: &str = "MONGODECK_CACHE_DIR";

/// The configuration's directory.
///
/// # Errors
/// There is neither the override nor a home directory.
pub fn config() -> io::Result<PathBuf> {
    choose(CONFIG_DIR, |d| d.config_dir().to_owned())
}

/// The configuration file.
///
/// # Errors
/// As [`config`].
pub fn config_file() -> io::Result<PathBuf> {
    Ok(config()?.join("config.toml"))
}

/// The state's directory: drafts, sessions, logs, the trust list.
///
/// # Errors
/// There is neither the override nor a home directory.
pub fn state() -> io::Result<PathBuf> {
    choose(STATE_DIR, |d| {
        d.state_dir()
            .unwrap_or_else(|| d.data_local_dir())
            .to_owned()
    })
}

/// The directory of log files.
///
/// # Errors
/// As [`state`].
pub fn logs() -> io::Result<PathBuf> {
    Ok(state()?.join("logs"))
}

/// The cache's directory: what can be fetched or computed again.
///
/// # Errors
/// There is neither the override nor a home directory.
pub fn cache() -> io::Result<PathBuf> {
    choose(CACHE_DIR, |d| d.cache_dir().to_owned())
}

fn choose(variable: &str, of: impl FnOnce(&ProjectDirs) -> PathBuf) -> io::Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable).filter(|v| !v.is_empty()) {
        return Ok(PathBuf::from(path));
    }
    ProjectDirs::from("", "", "mongodeck")
        .map(|d| of(&d))
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                format!("no home directory; set `HOME` or `{variable}`"),
            )
        })
}

/// Makes `directory` and its parents where they are missing, the new ones for their owner alone.
///
/// # Errors
/// The file system refuses.
pub fn private_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(directory)
}

/// Writes `bytes` to `path`: first to a file beside it, which is synced, then renamed over it. Private to its owner.
///
/// # Errors
/// The file system refuses; what was at `path` is still there.
pub fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    private_directory(directory)?;
    // A file of `tempfile` is made with 0600.
    let mut file = tempfile::Builder::new()
        .prefix(".writing-")
        .tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// Whether someone other than the owner may read the file; `false` where that cannot be told.
#[must_use]
pub fn readable_by_others(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_written_is_private_and_whole() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b/file");
        write_private(&path, b"one").unwrap();
        write_private(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert!(!readable_by_others(&path));
        let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "no half-written file stays");
    }
}
