//! The number that ties log lines and traces of one request together.

use std::fmt;

use http::HeaderMap;

/// A W3C trace id. Correlation only: nothing is decided by it, and two requests may carry the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The caller's where it gave a well-formed one, ours otherwise.
    pub id: TraceId,
    /// The caller's span, or one of our own making above the request's.
    pub parent: [u8; 8],
}

/// Sixteen bytes, printed as lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceId([u8; 16]);

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Trace {
    /// The trace that the caller named, or a new one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut given = headers.get_all("traceparent").iter();
        let trace = match (given.next(), given.next()) {
            (Some(one), None) => one.to_str().ok().and_then(parse),
            _ => None,
        };
        trace.unwrap_or_else(Self::new)
    }

    fn new() -> Self {
        let mut random = [0; 24];
        // Without randomness the lines of this request are not tied together; the request itself does not suffer.
        let _ = getrandom::fill(&mut random);
        let (mut id, mut parent) = ([0; 16], [0; 8]);
        let (first, last) = random.split_at(id.len());
        id.copy_from_slice(first);
        parent.copy_from_slice(last);
        Self { id: TraceId(id), parent }
    }
}

impl TraceId {
    /// As it goes over the wire.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

/// W3C Trace Context, section 3.2: version, 16 bytes of trace, 8 of parent, flags; hexadecimal, lower case.
fn parse(text: &str) -> Option<Trace> {
    let mut parts = text.split('-');
    let version = hexadecimal::<1>(parts.next()?)?;
    let trace = hexadecimal::<16>(parts.next()?)?;
    let parent = hexadecimal::<8>(parts.next()?)?;
    hexadecimal::<1>(parts.next()?)?;
    let more = parts.next().is_some();
    let known = version == [0] && !more || version != [0] && version != [0xff];
    (known && trace != [0; 16] && parent != [0; 8]).then_some(Trace { id: TraceId(trace), parent })
}

fn hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_well_formed_trace_and_nothing_else() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(parse(&format!("00-{id}-00f067aa0ba902b7-01")).unwrap().id.to_string(), id);
        assert_eq!(
            parse(&format!("cc-{id}-00f067aa0ba902b7-01-what-the-future")).unwrap().id.to_string(),
            id
        );
        for bad in [
            format!("ff-{id}-00f067aa0ba902b7-01"),
            format!("00-{id}-00f067aa0ba902b7-01-more"),
            format!("00-{}-00f067aa0ba902b7-01", id.to_uppercase()),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{id}-0000000000000000-01"),
            format!("00-{id}-00f067aa0ba902b7"),
            "900101300017".to_owned(),
            String::new(),
        ] {
            assert_eq!(parse(&bad), None, "{bad}");
        }
    }
}
