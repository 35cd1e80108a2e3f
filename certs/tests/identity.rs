//! Identification numbers of persons and organisations.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use certs::identity::{Bin, Iin, NumberError};

#[test]
fn takes_numbers_whose_check_digit_is_right() {
    assert_eq!("900101300017".parse::<Iin>().unwrap().as_str(), "900101300017");
    assert_eq!("940740000003".parse::<Bin>().unwrap().as_str(), "940740000003");
}

#[test]
fn refuses_the_numbers_of_the_national_test_persons() {
    assert_eq!("123456789011".parse::<Iin>(), Err(NumberError::CheckDigit));
    assert_eq!("123456789021".parse::<Bin>(), Err(NumberError::CheckDigit));
    assert_eq!(Iin::parse_unchecked_digit("123456789011").unwrap().as_str(), "123456789011");
}

#[test]
fn refuses_a_change_of_one_digit_wherever_the_scheme_can_see_it() {
    // The eleventh digit weighs 11, which is nothing modulo 11: the national scheme cannot see a change of it.
    let good = b"900101300017";
    for at in (0..12).filter(|at| *at != 10) {
        for digit in b'0'..=b'9' {
            let mut changed = *good;
            changed[at] = digit;
            let text = String::from_utf8(changed.to_vec()).unwrap();
            assert_eq!(text.parse::<Iin>().is_ok(), digit == good[at], "{text}");
        }
    }
}

#[test]
fn uses_the_second_weights_when_the_first_give_ten() {
    let number = (0..100_000_000u64)
        .map(|n| format!("900101{n:05}"))
        .find(|stem| stem.bytes().zip(1u32..).map(|(b, w)| u32::from(b - b'0') * w).sum::<u32>() % 11 == 10)
        .unwrap();
    let second: u32 = number
        .bytes()
        .zip([3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2])
        .map(|(b, w)| u32::from(b - b'0') * w)
        .sum::<u32>()
        % 11;
    assert!(second < 10);
    assert!(format!("{number}{second}").parse::<Iin>().is_ok());
    for other in (0..10).filter(|digit| *digit != second) {
        assert!(format!("{number}{other}").parse::<Iin>().is_err());
    }
}

#[test]
fn refuses_anything_but_twelve_ascii_digits() {
    for text in [
        "",
        "90010130001",
        "9001013000170",
        "90010130001 ",
        " 90010130001",
        "٩٠٠١٠١",
        "90010130001x",
        "+90010130001",
    ] {
        assert_eq!(text.parse::<Iin>(), Err(NumberError::NotTwelveDigits), "{text}");
        assert_eq!(text.parse::<Bin>(), Err(NumberError::NotTwelveDigits), "{text}");
        assert!(Iin::parse_unchecked_digit(text).is_err());
    }
}

#[test]
fn never_prints_the_digits_of_a_person() {
    let iin: Iin = "900101300017".parse().unwrap();
    assert_eq!(format!("{iin:?}"), "Iin(…)");
    assert!(!format!("{:?}", Some(vec![iin])).contains("9001"));
    let error = serde_json::from_str::<Iin>("\"900101300018\"").unwrap_err().to_string();
    assert!(!error.contains("9001013"), "{error}");
}

#[test]
fn is_checked_when_read_from_json() {
    assert!(serde_json::from_str::<Iin>("\"900101300017\"").is_ok());
    assert!(serde_json::from_str::<Iin>("\"900101300018\"").is_err());
    assert!(serde_json::from_str::<Bin>("940740000003").is_err());
}
