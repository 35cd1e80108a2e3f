//! File descriptors: one for each connection.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Raises the limit of open files as far as the system lets this process. Debian starts services with 1,024, which is
/// fewer than the connections a listener takes by default. Returns the limit that now holds, `None` if there is none.
pub fn raise_descriptor_limit() -> Option<u64> {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let before = limit.current;
        limit.current = limit.maximum;
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::warn!(kind = ?error.kind(), ?before, "the limit of open files cannot be raised");
            return before;
        }
    }
    limit.current
}
