//! Kept work that turns out to be damaged: a notice, and it is done again.

use ninefold_core::error::{Error, Result};
use ninefold_core::progress::Progress;

/// Whether an error is about the content of a file, and not about reading it.
pub(crate) fn is_damage(error: &Error) -> bool {
    matches!(error, Error::Format { .. } | Error::Checksum { .. })
}

/// What was kept; `None` where it is damaged. `again` ends the notice: "the trial is trained again".
///
/// # Errors
/// Every error but those of damage: a disk that cannot be read is no reason to repeat the work.
pub(crate) fn or_again<T>(kept: Result<Option<T>>, again: &str, progress: &dyn Progress) -> Result<Option<T>> {
    match kept {
        Err(error) if is_damage(&error) => {
            progress.notice(&format!("{error}; {again}"));
            Ok(None)
        }
        kept => kept,
    }
}
