//! The temporary folder of a testbed. A killed testbed leaves its folder, and the next one removes it.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use tempfile::TempDir;

const PREFIX: &str = "bifrons-testbed-";

/// A file that is locked while its testbed lives. The system unlocks it when the process ends, even if it is killed.
const ALIVE: &str = "alive";

/// A folder that goes with its testbed.
pub(crate) struct Folder {
    folder: TempDir,
    /// Holds the lock.
    _alive: File,
}

impl Folder {
    /// Makes a folder, in memory where the system has such a file system.
    pub(crate) fn open() -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(PREFIX).to_owned();
        let folder = folder.tempdir_in("/dev/shm").or_else(|_| folder.tempdir())?;
        // It gets its name when it is locked, so that no other testbed finds it unlocked.
        let unnamed = folder.path().join("new");
        let alive = File::create(&unnamed)?;
        alive.try_lock()?;
        fs::rename(unnamed, folder.path().join(ALIVE))?;
        if let Some(parent) = folder.path().parent() {
            remove_abandoned(parent)?;
        }
        Ok(Self { folder, _alive: alive })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Removes the folder.
    pub(crate) fn close(self) -> io::Result<()> {
        self.folder.close()
    }
}

fn remove_abandoned(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)?.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        // Without the file, the folder is of a testbed that starts or ends, or of another program.
        let Ok(alive) = File::open(entry.path().join(ALIVE)) else { continue };
        if alive.try_lock().is_ok() {
            // Another user's folder stays.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}
