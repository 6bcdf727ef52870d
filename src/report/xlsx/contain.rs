//! The panic with which the library answers a full disk, as an error.
//!
//! It keeps the rows of a sheet in a temporary file, and takes for granted that there is room for them.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

/// How that panic begins, and no other.
const UNWRITTEN: &str = "Couldn't write to xml file";

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// Runs to its end. An `Err` says why a temporary file could not be written; any other panic goes on as one.
pub(super) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
            if !(CONTAINED.get() && unwritten(info.payload()).is_some()) {
                usual(info);
            }
        }));
    });
    let before = CONTAINED.replace(true);
    // Whatever the work held is dropped by then: nothing broken is seen by anybody.
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    CONTAINED.set(before);
    done.or_else(|payload| match unwritten(&*payload) {
        Some(why) => Err(why.to_owned()),
        None => panic::resume_unwind(payload),
    })
}

fn unwritten(payload: &(dyn std::any::Any + Send)) -> Option<&str> {
    let message = payload.downcast_ref::<String>()?;
    let why = message.strip_prefix(UNWRITTEN)?.trim_start_matches([':', ' ']);
    // What the system said is a part of the error as a programmer sees it.
    Some(why.split_once("message: \"").and_then(|(_, said)| said.split('"').next()).unwrap_or(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_not_be_written_is_an_error() {
        assert_eq!(contained(|| 1), Ok(1));
        let full = std::io::Error::from_raw_os_error(28);
        let contained_full = contained(|| panic!("{UNWRITTEN}: {full:?}"));
        assert_eq!(contained_full, Err::<(), _>("No space left on device".to_owned()));
        let other = panic::catch_unwind(|| contained(|| panic!("a fault of ours")));
        assert!(other.is_err());
    }
}
