//! Where the members of an ensemble may be.

use clap::Args;
use ninefold::models::bundle::MemberPaths;

/// Where the members of an ensemble may be.
#[derive(Args, Clone, Copy, Debug)]
pub struct MembersArgs {
    /// Read an ensemble's members from any folder that its config.json names, not only from its own folder and its run. For models
    /// that you trust
    #[arg(long)]
    pub any_member_folder: bool,
}

impl MembersArgs {
    /// The same for the library.
    pub fn paths(self) -> MemberPaths {
        if self.any_member_folder { MemberPaths::Anywhere } else { MemberPaths::Inside }
    }
}
