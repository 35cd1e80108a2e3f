//! A country of 100,000 invented persons, none of whom is stored: each follows from a number, and a number from each IIN.
//!
//! Nothing is drawn at start and nothing kept in memory. Person 0 is the one in the contract's example.

mod belongings;
mod draw;
mod names;

use certs::Iin;
use time::{Date, Month};

pub use belongings::{Address, Licence, Permit, Search, Vehicle, by_plate};
pub use names::Name;

use draw::Draw;

/// How many persons there are.
pub const COUNT: u32 = 100_000;

/// Days on which persons were born: from this one …
const FIRST_DAY: Date = time::macros::date!(1940 - 01 - 01);
/// … this many in turn, up to 31 December 2008.
const DAYS: u32 = 25_203;
/// Serial numbers each of the at most four persons born on one day may have.
const SERIALS: u32 = 2_500;

/// Person `n` lives in slot `(n × STEP + FIRST_SLOT) mod COUNT`, so that neighbours in number are strangers in age.
const STEP: u64 = 61_803;
/// `STEP × UNSTEP mod COUNT = 1`.
const UNSTEP: u64 = 46_467;
/// Slot of the contract's person, born on 1 January 1990.
const FIRST_SLOT: u32 = 18_263;

/// Sex as the IIN's seventh digit tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    Male,
    Female,
}

impl Sex {
    /// As records spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Sex::Male => "male",
            Sex::Female => "female",
        }
    }
}

/// An invented person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub index: u32,
    pub iin: Iin,
    pub sex: Sex,
    pub born: Date,
    pub name: Name,
    slot: u32,
}

/// Person number `index`; `None` from [`COUNT`] on.
#[must_use]
pub fn person(index: u32) -> Option<Person> {
    if index >= COUNT {
        return None;
    }
    let slot = (u64::from(index) * STEP + u64::from(FIRST_SLOT)) % u64::from(COUNT);
    in_slot(u32::try_from(slot).ok()?)
}

/// The person with this IIN.
#[must_use]
pub fn by_iin(iin: &str) -> Option<Person> {
    let (born, serial) = read(iin)?;
    let found = in_slot((serial / SERIALS).checked_mul(DAYS)?.checked_add(day_number(born)?)?)?;
    (found.iin.as_str() == iin).then_some(found)
}

/// Everybody born on this day, four persons at most.
pub fn born_on(day: Date) -> impl Iterator<Item = Person> {
    let first = day_number(day);
    (0..4).filter_map(move |turn| in_slot(DAYS.checked_mul(turn)?.checked_add(first?)?))
}

impl Person {
    /// A parent who is in the population too, if there is one.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let older = 20 * 365 + Draw::of(self.slot, "parent").below(15 * 365);
        in_slot(self.slot.checked_sub(older)?).filter(|parent| parent.born < self.born)
    }

    /// Number of the identity document.
    #[must_use]
    pub fn document(&self) -> String {
        format!("{:09}", 400_000_000_u64 + u64::from(self.slot) * 7)
    }
}

fn in_slot(slot: u32) -> Option<Person> {
    if slot >= COUNT {
        return None;
    }
    let back = u64::from(slot + COUNT - FIRST_SLOT) * UNSTEP % u64::from(COUNT);
    let index = u32::try_from(back).ok()?;
    let (born, turn) = (FIRST_DAY.checked_add(time::Duration::days((slot % DAYS).into()))?, slot / DAYS);
    let mut draw = Draw::of(slot, "number");
    let sex = if index == 0 || draw.chance(49) { Sex::Male } else { Sex::Female };
    let first = if index == 0 { 1 } else { turn * SERIALS + draw.below(SERIALS - 100) };
    // Some numbers have no check digit; a hundred in a row without one do not exist.
    let iin = (first..first + 100).find_map(|serial| number(born, sex, serial))?;
    Some(Person { index, iin, sex, born, name: names::name(slot, sex), slot })
}

/// The IIN with this serial number: `YYMMDD`, century and sex, serial, check digit.
fn number(born: Date, sex: Sex, serial: u32) -> Option<Iin> {
    let century = match (born.year() < 2000, sex) {
        (true, Sex::Male) => 3,
        (true, Sex::Female) => 4,
        (false, Sex::Male) => 5,
        (false, Sex::Female) => 6,
    };
    let year = born.year().rem_euclid(100);
    let stem = format!("{year:02}{:02}{:02}{century}{serial:04}", u8::from(born.month()), born.day());
    (0..10).find_map(|check| format!("{stem}{check}").parse().ok())
}

/// Birth date and serial number out of twelve digits.
fn read(iin: &str) -> Option<(Date, u32)> {
    let digits = |range: std::ops::Range<usize>| iin.get(range)?.parse::<u32>().ok();
    let century = match digits(6..7)? {
        3 | 4 => 1900,
        5 | 6 => 2000,
        _ => return None,
    };
    let year = i32::try_from(century + digits(0..2)?).ok()?;
    let month = Month::try_from(u8::try_from(digits(2..4)?).ok()?).ok()?;
    let born = Date::from_calendar_date(year, month, u8::try_from(digits(4..6)?).ok()?).ok()?;
    Some((born, digits(7..11)?))
}

fn day_number(day: Date) -> Option<u32> {
    let number = u32::try_from((day - FIRST_DAY).whole_days()).ok()?;
    (number < DAYS).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn person_0_is_the_contract_s_example() {
        assert_eq!(person(0).unwrap().iin.as_str(), "900101300017");
    }

    #[test]
    fn everybody_has_an_iin_of_their_own_and_is_found_by_it() {
        let mut numbers = std::collections::BTreeSet::new();
        for index in 0..COUNT {
            let person = person(index).unwrap();
            assert_eq!(person.index, index);
            assert!(numbers.insert(person.iin.as_str().to_owned()), "{index} shares a number");
            assert_eq!(by_iin(person.iin.as_str()).unwrap().index, index);
        }
        assert!(person(COUNT).is_none());
    }

    #[test]
    fn nobody_else_is_found() {
        for stranger in
            ["", "900101300018", "123456789011", "991399300010", "9001013000", "18001013000170", "ӘӘӘӘӘӘ"]
        {
            assert!(by_iin(stranger).is_none(), "{stranger}");
        }
    }

    #[test]
    fn a_parent_is_older() {
        let parents = (0..2_000).filter_map(|index| Some((person(index)?, person(index)?.parent()?)));
        let ages: Vec<_> = parents.map(|(child, parent)| child.born - parent.born).collect();
        assert!(ages.len() > 500 && ages.iter().all(|age| age.whole_days() > 18 * 365));
    }

    #[test]
    fn those_born_on_a_day_are_found_by_it() {
        let person = person(77).unwrap();
        assert!(born_on(person.born).any(|other| other == person));
        assert_eq!(born_on(time::macros::date!(1800 - 01 - 01)).count(), 0);
    }
}
