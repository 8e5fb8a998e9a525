//! Cache lines asked for before they are wanted: rows of coming steps -> on their way from memory while a step is computed.

#![allow(unsafe_code)]

use std::sync::OnceLock;

use ninefold_kernels::simd::BLOCK;

/// Rows that later steps will want.
#[derive(Clone, Copy)]
pub(crate) struct Fetch<'a> {
    rows: &'a [*mut f32],
    way: Way,
}

impl<'a> Fetch<'a> {
    /// Nothing to fetch.
    pub(crate) const NOTHING: Fetch<'static> = Fetch { rows: &[], way: Way::ToSecondCache };

    /// Rows, fetched the way that suits this processor.
    pub(crate) fn new(rows: &'a [*mut f32]) -> Fetch<'a> {
        Fetch { rows, way: Way::of_processor() }
    }

    /// Asks for the cache line of floats `at..at + BLOCK` of each row. A column with each turn of the updates' loop over columns: asked
    /// for all at once, or while the quicker dots are computed, they would delay each other.
    #[inline(always)]
    pub(crate) fn column(self, at: usize) {
        if !at.is_multiple_of(BLOCK) {
            return;
        }
        match self.way {
            Way::ToSecondCache => self.rows.iter().for_each(|row| to_second_cache(row.wrapping_add(at))),
            Way::ToWrite => self.rows.iter().for_each(|row| to_write(row.wrapping_add(at))),
        }
    }
}

/// How a line is asked for.
#[derive(Clone, Copy)]
enum Way {
    /// To the second cache, for reading: a first cache of 32 KB has no room to spare beside the rows of a step.
    ToSecondCache,
    /// To the first cache, taken away from other cores at once. Where cores lie far from each other, a line that was fetched for reading
    /// and is then written costs the way to the other core twice.
    ToWrite,
}

impl Way {
    /// To write on Intel's processors (a quarter to a third of the time of 100 dimensions with two threads), whose cores meet in a mesh;
    /// on AMD's, whose cores share a third cache, that was slower than the second cache.
    fn of_processor() -> Way {
        static WAY: OnceLock<Way> = OnceLock::new();
        *WAY.get_or_init(|| if is_intel() { Way::ToWrite } else { Way::ToSecondCache })
    }
}

#[cfg(target_arch = "x86_64")]
fn is_intel() -> bool {
    #[allow(unused_unsafe)] // newer compilers know that it is safe
    // SAFETY: every x86-64 processor has the instruction and its leaf 0.
    let vendor = unsafe { std::arch::x86_64::__cpuid(0) };
    [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes).as_flattened() == b"GenuineIntel"
}

#[cfg(not(target_arch = "x86_64"))]
fn is_intel() -> bool {
    false
}

#[inline(always)]
fn to_second_cache(address: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction, and it reads nothing that the program could see.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

#[inline(always)]
fn to_write(address: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: as above; processors that do not know the instruction pass over it.
    unsafe {
        std::arch::asm!("prefetchw [{}]", in(reg) address, options(nostack, preserves_flags));
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_of_fetching_changes_or_needs_what_is_fetched() {
        let mut floats = [1.0_f32; 3 * BLOCK];
        let rows = [floats.as_mut_ptr(), std::ptr::null_mut(), floats.as_mut_ptr().wrapping_add(BLOCK)];
        for way in [Way::ToSecondCache, Way::ToWrite, Way::of_processor()] {
            for at in [0, 8, BLOCK, 100 * BLOCK] {
                Fetch { rows: &rows, way }.column(at);
            }
        }
        assert_eq!(floats, [1.0; 3 * BLOCK]);
    }
}
