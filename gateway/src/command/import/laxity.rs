//! A listing that is laxer than the law has its registry, in the listing's own words and on its own line.

use policy::Laxity;

use crate::import::Unlisted;

/// What is wrong with the text of a listing, on the line of the member at fault, or of its operation, or of the listing.
pub(super) fn unlisted(text: &str, laxity: &Laxity) -> Unlisted {
    let (member, found, expected) = match laxity.field {
        "private_life" => ("class", "ordinary", "private-life"),
        "pending_cases_only" => ("pending-cases-only", "true", "false"),
        _ => ("class", laxity.found.as_str(), laxity.expected.as_str()),
    };
    let (at, field) = match &laxity.operation {
        None => (of_listing(text, member).unwrap_or(0), member.to_owned()),
        Some(code) => (of_operation(text, code, member), format!("operations.{code}.{member}")),
    };
    let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count();
    Unlisted {
        line: u64::try_from(line).unwrap_or(u64::MAX).saturating_add(1),
        field,
        found: found.to_owned(),
        expected: format!("{expected}: the law has {} so", laxity.registry),
    }
}

/// Each is looked for behind the one before: the operations, the one with this code, its member.
fn of_operation(text: &str, code: &str, member: &str) -> usize {
    let mut at = 0_usize;
    for needle in ["operations", code, member] {
        let found = text.get(at..).and_then(|rest| rest.find(&format!("\"{needle}\"")));
        at = found.map_or(at, |found| at.saturating_add(found));
    }
    at
}

/// Where a member of the outermost object stands: an operation has a class too.
fn of_listing(text: &str, member: &str) -> Option<usize> {
    let quoted = format!("\"{member}\"");
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => {
                if !in_string && depth == 1 && text.get(at..)?.starts_with(&quoted) {
                    return Some(at);
                }
                in_string = !in_string;
            }
            b'{' | b'[' if !in_string => depth = depth.saturating_add(1),
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listings_own_class_is_told_from_its_operations() {
        let text = "{\n\"operations\": [{\"class\": \"}\\\"\"}],\n\"class\": \"general\"}";
        assert_eq!(of_listing(text, "class"), text.rfind("\"class\""));
        assert_eq!(of_listing(text, "state"), None);
    }
}
