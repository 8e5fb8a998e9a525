//! Wrong usage: a flag, a setting or a config file without a meaning. The program then ends with exit code 2.

use std::fmt;

use ninefold::Error;

/// Marks an error as wrong usage; the sentence names the flag.
#[derive(Debug)]
pub struct Usage(pub String);

impl Usage {
    /// A flag that has no effect beside the others; `reason` says when it has one.
    pub fn no_effect(flag: &str, reason: impl fmt::Display) -> Usage {
        Usage(format!("{flag} has no effect here: {reason}"))
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// True for [`Usage`], and for a setting that the library refuses.
pub fn is_usage(error: &anyhow::Error) -> bool {
    let is_setting = |error: &Error| {
        use Error::{Conflict, InvalidValue, NotApplicable, UnknownKey};
        matches!(error, InvalidValue { .. } | UnknownKey { .. } | Conflict { .. } | NotApplicable { .. })
    };
    error.is::<Usage>() || error.downcast_ref().is_some_and(is_setting)
}
