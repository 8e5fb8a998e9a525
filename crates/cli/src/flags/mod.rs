//! Flags that several commands share: how they are parsed, and the settings that they change.

pub mod config;
pub mod data;
pub mod members;
pub mod output;
pub mod run_dir;
pub mod threads;
pub mod thresholds;
pub mod values;

/// Replaces a setting, if its flag was given.
pub fn replace<T: Clone>(setting: &mut T, flag: &Option<T>) {
    if let Some(value) = flag {
        setting.clone_from(value);
    }
}

/// Replaces a list, if its flag was given.
pub fn replace_list<T: Clone>(setting: &mut Vec<T>, flag: &[T]) {
    if !flag.is_empty() {
        setting.clear();
        setting.extend_from_slice(flag);
    }
}
