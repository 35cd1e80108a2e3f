//! Instants in words. Facts may hold any 64-bit number; what is not a date within the years 0–9999 is said to be none.

/// `2026-11-22T10:15:00Z`, or words for a number that is no instant a document could carry.
pub(crate) fn in_words(seconds: i64) -> String {
    render(seconds).unwrap_or_else(|| "an impossible instant".to_owned())
}

/// A term in words: `from … until …`, without an end if it has none.
pub(crate) fn term_in_words(from: i64, until: i64) -> String {
    if until == crate::facts::NO_END {
        format!("from {} without end", in_words(from))
    } else {
        format!("from {} until {}", in_words(from), in_words(until))
    }
}

/// Days-to-date for the proleptic Gregorian calendar, by counting eras of 400 years that begin on 1 March.
fn render(seconds: i64) -> Option<String> {
    let days = seconds.div_euclid(86_400).checked_add(719_468)?;
    let second_of_day = seconds.rem_euclid(86_400);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era.checked_mul(400)?.checked_add(year_of_era)? + i64::from(month <= 2);
    if !(0..=9999).contains(&year) {
        return None;
    }
    let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_reads_as_a_date() {
        assert_eq!(in_words(0), "1970-01-01T00:00:00Z");
        assert_eq!(in_words(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(in_words(1_795_342_500), "2026-11-22T10:15:00Z");
        assert_eq!(in_words(-1), "1969-12-31T23:59:59Z");
        assert_eq!(in_words(253_402_300_799), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn what_is_no_instant_is_said_to_be_none() {
        for seconds in [i64::MIN, i64::MAX, 253_402_300_800, -62_167_219_201] {
            assert_eq!(in_words(seconds), "an impossible instant");
        }
    }
}
