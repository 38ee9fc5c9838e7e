//! How the process holds its memory.

/// Keeps the system from giving two megabytes where a few kilobytes are used: the allocator asks for
/// huge pages, and with them an idle gateway holds 23 MB and not 14. Where it cannot be had, nothing
/// but size is lost.
pub(crate) fn keep_pages_small() {
    #[cfg(target_os = "linux")]
    let _as_it_was = rustix::thread::disable_transparent_huge_pages(true).is_err();
}
