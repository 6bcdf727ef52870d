//! Files that are there whole or not at all, whenever the power goes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes beside `path`, has it on disk, and puts it in its place; what was there stays until then, or for good where
/// that fails.
///
/// # Errors
/// Those of `write` and of the disk.
pub fn write<E: From<io::Error>>(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<(), E>) -> Result<(), E> {
    let beside = beside(path)?;
    let put = || {
        let mut file = BufWriter::new(File::create(&beside)?);
        write(&mut file)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        fs::rename(&beside, path)?;
        Ok(on_disk(path.parent().unwrap_or(Path::new("")))?)
    };
    let put = put();
    if put.is_err() {
        // What could not be put in its place is of no use where it is.
        let _ = fs::remove_file(&beside);
    }
    put
}

/// Has the names of a directory's entries on disk.
///
/// # Errors
/// Those of the disk.
pub fn on_disk(directory: &Path) -> io::Result<()> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    match File::open(directory)?.sync_all() {
        // Not every file system can do this for a directory.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        other => other,
    }
}

/// A name of this process' own in the same directory: only within one file system can a name be moved at once.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "this names no file"))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.part", std::process::id()));
    Ok(path.with_file_name(hidden))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_half_way_leaves_the_old_file_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("october.csv");
        super::write(&path, |out| out.write_all(b"old")).unwrap();
        let failed: io::Result<()> = super::write(&path, |out| {
            out.write_all(b"new")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(super::write(Path::new("/"), |out| out.write_all(b"x")).is_err());
    }
}
