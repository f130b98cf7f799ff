//! What is written where the disk does not take it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bson::rawdoc;

use super::*;
use crate::export::Format;

fn wanted(path: &Path, documents: usize) -> Export {
    let one = Arc::new(rawdoc! {"a": "x".repeat(1000)});
    Export {
        source: ExportSource::Documents(vec![one; documents]),
        wish: Wish::new(Format::Jsonl),
        path: path.to_str().unwrap().to_owned(),
        replace: true,
        about: None,
    }
}

/// The words for what the system said.
#[test]
fn a_full_disk_is_told_with_what_to_do() {
    let full = broken("out", &io::Error::from(io::ErrorKind::StorageFull));
    assert_eq!(full.summary, "`out` cannot be written: the disk is full");
    assert!(full.help.unwrap().contains("nothing of it is left"));
}

#[tokio::test]
async fn what_was_stopped_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.jsonl");
    std::fs::write(&path, "old").unwrap();
    let cancel = Cancel::default();
    cancel.cancel();
    let ended = at_hand(&wanted(&path, 10), &cancel).await.unwrap();
    assert_eq!(ended.unwrap_err().kind, FailureKind::Cancelled);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_told_before_anything_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let told = |path: &Path| match refuse(&wanted(path, 1)) {
        Some(ExportOutcome::NoPlace(failure)) => failure.summary,
        other => format!("{other:?}"),
    };
    assert!(told(directory.path()).ends_with("it is a directory"));
    assert!(told(Path::new("/dev/full")).ends_with("it is no regular file"));
    assert!(told(&directory.path().join("none/out")).contains("there is no directory"));
    let path = directory.path().join("out.jsonl");
    assert_eq!(refuse(&wanted(&path, 1)), None);
    std::fs::write(&path, "old").unwrap();
    let mut export = wanted(&path, 1);
    export.replace = false;
    assert_eq!(refuse(&export), Some(ExportOutcome::Exists { bytes: 3 }));
}
