//! A file that gets its name once it is whole.
//!
//! It is written beside its name, private, and renamed when its bytes are on the disk. Dropped before that, it is gone,
//! and a file that had the name is as it was.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What stands at a path before anything is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Free,
    /// A file of so many bytes.
    File(u64),
}

/// Looks what stands at `path`.
///
/// # Errors
/// No file can be written there: it is a directory or a device, or its directory is not there.
pub fn standing(path: &Path) -> io::Result<Standing> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::Error::other("it is a directory")),
        Ok(found) if !found.is_file() => Err(io::Error::other("it is no regular file")),
        Ok(found) => Ok(Standing::File(found.len())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let directory = directory(path);
            match fs::metadata(directory) {
                Ok(found) if found.is_dir() => Ok(Standing::Free),
                _ => Err(io::Error::other(format!(
                    "there is no directory `{}`",
                    directory.display()
                ))),
            }
        }
        Err(e) => Err(e),
    }
}

fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A file on its way to its name.
#[derive(Debug)]
pub struct Landing {
    file: tempfile::NamedTempFile,
    path: PathBuf,
}

impl Landing {
    /// An empty file beside `path`.
    ///
    /// # Errors
    /// As [`standing`], and where no file can be made there.
    pub fn beside(path: &Path) -> io::Result<Self> {
        let path = match standing(path)? {
            // The file that a link leads to is written, and the link stays one.
            Standing::File(_) => fs::canonicalize(path)?,
            Standing::Free => path.to_owned(),
        };
        let file = tempfile::Builder::new()
            .prefix(".writing-")
            .tempfile_in(directory(&path))?;
        if let Ok(old) = fs::metadata(&path) {
            file.as_file().set_permissions(old.permissions())?;
        }
        Ok(Self { file, path })
    }

    /// The file, to be written.
    #[must_use]
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Gives the file its name, in the place of a file that has it.
    ///
    /// # Errors
    /// Its bytes do not get onto the disk, or it cannot be renamed; it is gone then.
    pub fn land(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        let directory = directory(&self.path).to_owned();
        self.file.persist(&self.path).map_err(|e| e.error)?;
        settle(&directory);
        Ok(())
    }

    /// Gives the file its name, unless a file has it by now.
    ///
    /// # Errors
    /// As [`Landing::land`], and [`io::ErrorKind::AlreadyExists`].
    pub fn land_anew(self) -> io::Result<()> {
        self.file.as_file().sync_all()?;
        let directory = directory(&self.path).to_owned();
        self.file
            .persist_noclobber(&self.path)
            .map_err(|e| e.error)?;
        settle(&directory);
        Ok(())
    }
}

/// Puts a new name on the disk. Not all file systems can; the file itself is there already.
fn settle(directory: &Path) {
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io::Write as _;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_has_its_name_only_at_the_end_and_leaves_nothing_before() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.json");
        fs::write(&path, "old").unwrap();
        let landing = Landing::beside(&path).unwrap();
        landing.file().write_all(b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        drop(landing);
        assert_eq!(names(directory.path()), ["out.json"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        let landing = Landing::beside(&path).unwrap();
        landing.file().write_all(b"new").unwrap();
        landing.land().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(directory.path()), ["out.json"]);
    }

    #[test]
    fn a_file_that_came_meanwhile_is_not_replaced_unasked() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.json");
        let landing = Landing::beside(&path).unwrap();
        fs::write(&path, "another").unwrap();
        let refused = landing.land_anew().unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "another");
        assert_eq!(names(directory.path()), ["out.json"]);
    }

    #[test]
    fn what_is_no_file_is_not_written() {
        let directory = tempfile::tempdir().unwrap();
        assert!(standing(directory.path()).is_err());
        assert!(standing(Path::new("/dev/null")).is_err());
        let missing = directory.path().join("no/out.json");
        let why = standing(&missing).unwrap_err().to_string();
        assert!(why.starts_with("there is no directory"), "{why}");
        assert_eq!(
            standing(&directory.path().join("out.json")).unwrap(),
            Standing::Free
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one_and_its_file_keeps_its_permissions() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let directory = tempfile::tempdir().unwrap();
        let (path, link) = (directory.path().join("a"), directory.path().join("b"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        let landing = Landing::beside(&link).unwrap();
        landing.file().write_all(b"new").unwrap();
        landing.land().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }
}
