//! Media types in HTTP fields (RFC 9110 §8.3).

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// The one media type of a body that is not encoded further. Two are none: what one reader takes for a document must be one for
/// every reader.
#[must_use]
pub fn stated(headers: &HeaderMap) -> Option<&str> {
    let mut named = headers.get_all(CONTENT_TYPE).iter();
    match (named.next(), named.next(), headers.get(CONTENT_ENCODING)) {
        (Some(one), None, None) => one.to_str().ok(),
        _ => None,
    }
}

/// Whether a body is stated to be of this media type, parameters aside.
#[must_use]
pub fn is(headers: &HeaderMap, media_type: &str) -> bool {
    stated(headers).is_some_and(|stated| essence(stated).eq_ignore_ascii_case(media_type))
}

/// A media type without its parameters.
#[must_use]
pub fn essence(stated: &str) -> &str {
    stated.split(';').next().unwrap_or_default().trim()
}

/// Whether a media type, without parameters, is JSON or built on it (RFC 6839 §3.1).
#[must_use]
pub fn is_json(essence: &str) -> bool {
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}
