//! Where passwords and tokens are found: systemd's credentials first, then the file or the variable that is named.
//!
//! The only place that reads secrets; no message repeats one. Knows nothing of what they open.

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use super::files::fault;
use super::problem::{At, Log, Mark};
use super::value::FilePath;
use crate::secret::Secret;

/// A file that is longer holds no password.
const LONGEST: u64 = 64 * 1024;

/// What the process was given beside the files.
pub(super) struct Secrets {
    /// `$CREDENTIALS_DIRECTORY`: where systemd puts what `LoadCredential=` names.
    pub directory: Option<PathBuf>,
    pub variable: fn(&str) -> Option<OsString>,
}

/// What an entry says of its secret.
pub(super) struct Named<'a> {
    /// `password` or `token`.
    pub noun: &'static str,
    /// The id of the entry, under which systemd may have it too.
    pub id: Option<&'a str>,
    pub file: Option<&'a At<FilePath>>,
    pub variable: Option<&'a At<String>>,
    /// It stands in the inventory itself, which has been told.
    pub in_the_open: bool,
    /// Where the entry begins.
    pub entry: Mark,
    /// A file that every user can read is refused: whoever has this secret can speak in the monitor's name.
    pub strict: bool,
}

impl Secrets {
    /// Of this process.
    pub fn of_process() -> Self {
        Self {
            directory: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            variable: |name| std::env::var_os(name),
        }
    }

    /// The secret; `None` where there is none, which has been told if the entry names a place or `required` is set.
    pub fn find(&self, named: &Named<'_>, required: bool, log: &mut Log) -> Option<Secret> {
        let noun = named.noun;
        if let (Some(_), Some(variable)) = (named.file, named.variable) {
            log.problem(variable.mark, format!("{noun}_env stands beside {noun}_file, expected only one of them"));
            return None;
        }
        if let Some((path, at)) = self.given_by_systemd(named) {
            return match read(&path) {
                Ok((text, _)) => Some(Secret::new(&text)),
                Err(fault) => {
                    let path = path.display();
                    log.problem(at, format!("the systemd credential {path} {fault}, expected a readable file"));
                    None
                }
            };
        }
        match (named.file, named.variable) {
            (Some(file), _) => in_file(noun, file, named.strict, log),
            (None, Some(variable)) => self.in_variable(noun, variable, log),
            (None, None) => {
                if required && !named.in_the_open && !log.is_torn(named.entry.file) {
                    let id = named.id.unwrap_or("its id");
                    log.problem(
                        named.entry,
                        format!(
                            "the {noun} is missing, expected {noun}_file, {noun}_env or a systemd credential {id:?}"
                        ),
                    );
                }
                None
            }
        }
    }

    /// By the file's name, by its path as `LoadCredential=secrets:/etc/camwatch/secrets` names what a directory holds
    /// (`secrets/nvr` becomes `secrets_nvr`), or by the entry's id.
    fn given_by_systemd(&self, named: &Named<'_>) -> Option<(PathBuf, Mark)> {
        let directory = self.directory.as_ref()?;
        let mut places = Vec::new();
        if let Some(file) = named.file {
            let path = Path::new(&file.value.0);
            places.extend(path.file_name().map(|name| (name.to_owned(), file.mark)));
            let parts = path.components().filter(|part| matches!(part, Component::Normal(_)));
            let parts: Vec<&OsStr> = parts.map(Component::as_os_str).collect();
            places.push((parts.join(OsStr::new("_")), file.mark));
        }
        places.extend(named.id.map(|id| (OsString::from(id), named.entry)));
        places.into_iter().map(|(name, at)| (directory.join(name), at)).find(|(path, _)| path.is_file())
    }

    fn in_variable(&self, noun: &str, variable: &At<String>, log: &mut Log) -> Option<Secret> {
        let name = &variable.value;
        // Who puts the secret itself here should not find it in a log.
        let is_name = name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        let shown = if is_name { name } else { "named here" };
        let fault = match (self.variable)(name).map(OsString::into_string) {
            Some(Ok(text)) => return Some(Secret::new(&text)),
            Some(Err(_)) => "is not UTF-8",
            None => "is not set",
        };
        log.problem(
            variable.mark,
            format!("{noun}_env: the environment variable {shown} {fault}, expected it to hold the {noun}"),
        );
        None
    }
}

fn in_file(noun: &str, file: &At<FilePath>, strict: bool, log: &mut Log) -> Option<Secret> {
    let path = log.resolve(file.mark, &file.value.0);
    let shown = path.display();
    match read(&path) {
        Ok((text, mode)) => {
            if mode & 0o007 != 0 {
                let mode = mode & 0o777;
                let text = format!(
                    "{noun}_file {shown} is open to every user (mode {mode:04o}), expected 0600: chmod 600 {shown}"
                );
                if strict {
                    log.problem(file.mark, text);
                } else {
                    log.warning(file.mark, text);
                }
            }
            let secret = Secret::new(&text);
            if secret.expose().is_empty() {
                log.warning(file.mark, format!("{noun}_file {shown} is empty, expected the {noun} in it"));
            }
            Some(secret)
        }
        Err(fault) => {
            log.problem(file.mark, format!("{noun}_file {shown} {fault}, expected a file that holds the {noun}"));
            None
        }
    }
}

/// The text and the mode of a file, or what is wrong with it.
fn read(path: &Path) -> Result<(String, u32), String> {
    // Looked at before it is opened: opening a pipe would wait for its writer.
    let metadata = path.metadata().map_err(|error| fault(&error))?;
    if !metadata.is_file() {
        return Err("is no regular file".to_owned());
    }
    if metadata.len() > LONGEST {
        return Err("is longer than 64 KiB".to_owned());
    }
    let mut text = String::new();
    std::fs::File::open(path)
        .map_err(|error| fault(&error))?
        .take(LONGEST)
        .read_to_string(&mut text)
        .map_err(|error| fault(&error))?;
    Ok((text, metadata.mode()))
}
