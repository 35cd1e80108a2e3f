//! What hyper answers by itself, before a request is one: a status line and nothing to read. It becomes a problem here.
//!
//! hyper (1.12, `proto::h1::role`) writes such a head when it cannot parse a request's own, offers no hook for it, and closes.

use axum::response::IntoResponse as _;
use http::HeaderMap;

use crate::problem::{Fault, Problem};

/// The head's last line, after which hyper would write a body.
const END: &[u8] = b"\r\n\r\n";

/// The problem that takes the place of `head`, if that is a bare error of hyper's: one head with status 4xx, of no length.
pub(super) fn phrased(head: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(head).ok()?;
    let status = text.strip_prefix("HTTP/1.1 ").or_else(|| text.strip_prefix("HTTP/1.0 "))?;
    let is_one = head.ends_with(END) && text.match_indices("\r\n\r\n").count() == 1;
    if !is_one || !status.starts_with('4') || !text.to_ascii_lowercase().contains("\r\ncontent-length: 0\r\n")
    {
        return None;
    }
    let fault = if status.starts_with("431") { Fault::HeaderTooLarge } else { Fault::BadRequest };
    Some(written(fault))
}

/// A problem as HTTP/1.1 writes it, with the end of the connection.
fn written(fault: Fault) -> Vec<u8> {
    let problem = Problem::from(fault);
    let body = problem.body();
    let response = problem.into_response();
    let mut head =
        format!("HTTP/1.1 {}\r\nconnection: close\r\ncontent-length: {}\r\n", response.status(), body.len());
    head.push_str(&fields(response.headers()));
    let mut whole = head.into_bytes();
    whole.extend_from_slice(b"\r\n");
    whole.extend_from_slice(&body);
    whole
}

fn fields(headers: &HeaderMap) -> String {
    let fields = headers.iter().filter_map(|(name, value)| Some((name, value.to_str().ok()?)));
    let own = fields.filter(|(name, _)| *name != "content-length" && *name != "connection");
    own.map(|(name, value)| format!("{name}: {value}\r\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: x\r\n\r\n";

    #[test]
    fn gives_a_bare_error_its_problem() {
        let said = String::from_utf8(phrased(BARE.as_bytes()).unwrap()).unwrap();
        let (head, body) = said.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("HTTP/1.1 431 ") && head.contains("content-type: application/problem+json"),
            "{said}"
        );
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{said}");
        assert!(body.contains("urn:negiz:problem:header-too-large"), "{said}");
    }

    #[test]
    fn leaves_everything_else_alone() {
        let answered = BARE.replace("content-length: 0", "content-length: 7");
        for other in [
            BARE.replace("431", "204").as_str(),
            answered.as_str(),
            &format!("{BARE}{BARE}"),
            BARE.trim_end_matches('\n'),
            "HTTP/1.1 100 Continue\r\n\r\n",
            "",
        ] {
            assert_eq!(phrased(other.as_bytes()), None, "{other}");
        }
    }
}
