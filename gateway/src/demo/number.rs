//! Identification numbers for invented people and bodies: valid in form, belonging to nobody.

/// Appends the check digit to eleven digits; `None` for the combinations the authority never assigns.
#[must_use]
pub fn with_check_digit(eleven: &str) -> Option<String> {
    if eleven.len() != 11 {
        return None;
    }
    (0..10).map(|digit| format!("{eleven}{digit}")).find(|number| number.parse::<certs::Iin>().is_ok())
}
