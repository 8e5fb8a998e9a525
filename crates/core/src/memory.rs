//! Bytes that values take in memory, as far as their types tell: what a table holds, without what the allocator adds.

use std::mem::size_of;

/// Bytes of a hash map (with `V = ()` of a hash set) of `capacity` entries
/// ([`HashMap::capacity`](std::collections::HashMap::capacity)): the standard library's tables hold an entry and a
/// control byte in each of 8/7 times as many places.
///
/// ```
/// use ninefold_core::memory::map_bytes;
///
/// assert_eq!(map_bytes::<u32, u32>(7), 8 * (4 + 4 + 1));
/// ```
pub fn map_bytes<K, V>(capacity: usize) -> usize {
    capacity * 8 / 7 * (size_of::<(K, V)>() + 1)
}

/// Bytes of strings with their headers.
pub fn string_bytes<'a>(strings: impl IntoIterator<Item = &'a String>) -> usize {
    strings.into_iter().map(|string| size_of::<String>() + string.capacity()).sum()
}

/// Bytes of a slice's items.
pub fn slice_bytes<T>(items: &[T]) -> usize {
    size_of_val(items)
}
