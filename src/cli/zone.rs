//! The zone of local times, from `TZ` and the system's files.
//!
//! The only place that reads them; below it a zone is plain data.

use std::path::{Path, PathBuf};

use crate::query::Zone;

/// Where systems keep compiled zones.
const DIRECTORIES: [&str; 3] = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/etc/zoneinfo"];

/// The zone that `TZ` names, else the system's; universal time where neither can be read.
#[must_use]
pub fn local() -> Zone {
    match std::env::var("TZ") {
        Ok(name) => named(&name).unwrap_or_else(Zone::utc),
        Err(_) => read(Path::new("/etc/localtime")).unwrap_or_else(Zone::utc),
    }
}

/// The zone of a value of `TZ`: a name (`Europe/Berlin`), a file's path, or a rule (`EST5EDT,M3.2.0,M11.1.0`).
#[must_use]
pub fn named(name: &str) -> Option<Zone> {
    let name = name.strip_prefix(':').unwrap_or(name);
    if name.is_empty() || name == "UTC" {
        return Some(Zone::utc());
    }
    if Path::new(name).is_absolute() {
        return read(Path::new(name));
    }
    if !name.split('/').any(|part| part == "..") {
        let found = DIRECTORIES
            .iter()
            .find_map(|d| read(&PathBuf::from(d).join(name)));
        if found.is_some() {
            return found;
        }
    }
    Zone::from_rule(name)
}

fn read(path: &Path) -> Option<Zone> {
    let metadata = std::fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > 1 << 20 {
        return None;
    }
    Zone::from_file(&std::fs::read(path).ok()?)
}
