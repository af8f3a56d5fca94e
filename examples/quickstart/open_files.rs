//! Fits the client's connections into the number of files that the process may have open.

/// Raises the limit of open files as far as `wanted` connections need it, and returns how many fit.
#[cfg(unix)]
pub(crate) fn connections(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let needed = (FILES_A_CONNECTION * wanted + OTHER_FILES) as u64;
    let Some(mut open_files) = limit.current.filter(|&current| current < needed) else { return wanted };
    let raised = limit.maximum.map_or(needed, |maximum| maximum.min(needed));
    if setrlimit(Resource::Nofile, Rlimit { current: Some(raised), ..limit }).is_ok() {
        open_files = raised;
    }
    let open_files = usize::try_from(open_files).unwrap_or(usize::MAX);
    (open_files.saturating_sub(OTHER_FILES) / FILES_A_CONNECTION).clamp(1, wanted)
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub(crate) fn connections(wanted: usize) -> usize {
    wanted
}

/// Both ends of a connection live in this process.
#[cfg(unix)]
const FILES_A_CONNECTION: usize = 2;

/// Standard streams, the runtime's own, the listener, and whatever the process inherited.
#[cfg(unix)]
const OTHER_FILES: usize = 64;
