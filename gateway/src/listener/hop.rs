//! Fields that speak of one connection and not of the request (RFC 9110, section 7.6.1).

use http::Version;
use http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::uri::Authority;

const FIELDS: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// RFC 9112, section 3.2: HTTP/1.1 names one host, and a name that is none is an error in every version. Where HTTP/2 has the field
/// too, it has it once.
pub(super) fn names_one_host(version: Version, headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(HOST).iter();
    match (named.next(), named.next()) {
        (None, _) => version != Version::HTTP_11,
        (Some(_), Some(_)) => false,
        (Some(host), None) => is_host(host),
    }
}

/// `uri-host [ ":" port ]`, without user information (RFC 9110, section 7.2), and not empty: RFC 9110, section 4.2.2.
fn is_host(value: &HeaderValue) -> bool {
    let authority = value.to_str().ok().and_then(|text| text.parse::<Authority>().ok());
    authority.is_some_and(|authority| {
        let port = authority.as_str().strip_prefix(authority.host()).unwrap_or("@");
        let digits = port.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()));
        !authority.host().is_empty()
            && (port.is_empty() || digits)
            && (port.len() < 2 || authority.port_u16().is_some())
    })
}

/// Removes them, and those that `Connection` names: `hyper` has obeyed what it had to, nothing behind it may.
pub(super) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in FIELDS.iter().chain(&named) {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(value: &[u8]) -> bool {
        is_host(&HeaderValue::from_bytes(value).unwrap())
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_a_port_or_without() {
        for good in
            ["localhost", "127.0.0.1:8443", "[::1]:8443", "[::1]", "negiz.example.kz", "negiz.example.kz:"]
        {
            assert!(host(good.as_bytes()), "{good}");
        }
        for bad in [
            "",
            "a b",
            "a/b",
            "user@host",
            "host:99999",
            "host:port",
            ":443",
            "[::1",
            "host\u{e9}",
            "a?b",
            "a#b",
        ] {
            assert!(!host(bad.as_bytes()), "{bad}");
        }
    }
}
