//! What the sample registries hold on an invented person: where they live, what they drive, own and are wanted for.

use time::{Date, Duration};

use super::draw::Draw;
use super::{Person, person};

/// The day the invented country is looked at; nothing in it is younger.
const TODAY: Date = time::macros::date!(2026 - 01 - 01);
/// Vehicles one person can own.
const VEHICLES: u32 = 2;
/// Plates there can be: 1,000 numbers with 26³ letters.
const PLATES: u64 = 17_576_000;
/// Vehicle `v` has plate number `v × STEP mod PLATES`, so that neighbours do not have neighbouring plates.
const STEP: u64 = 7_368_787;
/// `STEP × UNSTEP mod PLATES = 1`.
const UNSTEP: u64 = 3_813_723;

const TOWNS: [(&str, &str); 8] = [
    ("Үлгіқала", "Мысал"),
    ("Мысалтау", "Нобай"),
    ("Нобайкөл", "Нобай"),
    ("Сынақтөбе", "Мысал"),
    ("Примерград", "Үлгі"),
    ("Вымыслово", "Үлгі"),
    ("Черновиково", "Сынақ"),
    ("Небылинск", "Сынақ"),
];
const STREETS: [&str; 8] =
    ["Қиял", "Ертегі", "Аңыз", "Жұмбақ", "Вымышленная", "Условная", "Черновая", "Примерная"];
const MODELS: [&str; 8] =
    ["Tulpar 3", "Tulpar 5", "Primer 2110", "Primer 4x4", "Nobay Van", "Synaq City", "Ulgi GT", "Maket M1"];
const COLOURS: [&str; 6] = ["white", "black", "silver", "red", "blue", "green"];
const WEAPONS: [(&str, &str); 4] =
    [("smoothbore", "12/76"), ("smoothbore", "20/76"), ("rifled", "7.62x39"), ("gas", "9 mm P.A.")];

/// A registered residence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub region: &'static str,
    pub town: &'static str,
    pub street: &'static str,
    pub house: u32,
    pub flat: Option<u32>,
    pub since: Date,
}

/// A registered vehicle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vehicle {
    pub plate: String,
    pub vin: String,
    pub model: &'static str,
    pub colour: &'static str,
    pub year: u32,
    pub registered: Date,
    pub pledged: bool,
    /// Number of the owner.
    pub owner: u32,
}

/// A driver's licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licence {
    pub number: String,
    pub categories: &'static [&'static str],
    pub issued: Date,
    pub expires: Date,
    pub withdrawn_until: Option<Date>,
}

/// A permit to keep a weapon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    pub number: String,
    pub kind: &'static str,
    pub calibre: &'static str,
    pub serial: String,
    pub issued: Date,
    pub expires: Date,
    pub kept_at: Address,
}

/// A search for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    pub reason: &'static str,
    pub since: Date,
    pub initiator: &'static str,
    pub case: String,
}

/// The vehicle with this plate, such as `123ABC02`.
#[must_use]
pub fn by_plate(plate: &str) -> Option<Vehicle> {
    let (digits, letters) = (plate.get(0..3)?, plate.get(3..6)?);
    let number = letters.bytes().try_fold(0_u64, |number, letter| {
        let value = u64::from(letter).checked_sub(u64::from(b'A')).filter(|value| *value < 26)?;
        Some(number * 26 + value)
    })?;
    let number = number * 1000 + digits.parse::<u64>().ok()?;
    let vehicle = u32::try_from(number.checked_mul(UNSTEP)? % PLATES).ok()?;
    let found = person(vehicle / VEHICLES)?.vehicle(vehicle % VEHICLES)?;
    (found.plate == plate).then_some(found)
}

impl Person {
    fn draw(&self, topic: &str) -> Draw {
        Draw::of(self.slot, topic)
    }

    fn age_at_least(&self, years: i64) -> bool {
        self.born.checked_add(Duration::days(years * 366)).is_some_and(|then| then <= TODAY)
    }

    /// Where the person is registered now.
    #[must_use]
    pub fn address(&self) -> Address {
        address(&mut self.draw("address"))
    }

    /// Where the person was registered before, latest first.
    #[must_use]
    pub fn former_addresses(&self) -> Vec<Address> {
        let mut draw = self.draw("former addresses");
        let mut before = self.address().since;
        let count = draw.below(3);
        let former = (0..count).map(|_| {
            let mut former = address(&mut draw);
            before = before.saturating_sub(Duration::days(i64::from(400 + draw.below(2_000))));
            former.since = before;
            former
        });
        former.filter(|address| address.since > self.born).collect()
    }

    /// The vehicles the person owns.
    #[must_use]
    pub fn vehicles(&self) -> Vec<Vehicle> {
        (0..VEHICLES).filter_map(|which| self.vehicle(which)).collect()
    }

    fn vehicle(&self, which: u32) -> Option<Vehicle> {
        let mut draw = self.draw(if which == 0 { "first vehicle" } else { "second vehicle" });
        let likely = if which == 0 { 55 } else { 8 };
        // The contract's person drives, so that the printed examples find something.
        if !(self.index == 0 && which == 0) && (!self.age_at_least(18) || !draw.chance(likely)) {
            return None;
        }
        let id = u64::from(self.index * VEHICLES + which);
        let number = id * STEP % PLATES;
        let letter = |power: u64| {
            u8::try_from(number / 1000 / power % 26).map_or('A', |value| char::from(b'A' + value))
        };
        let year = 1998 + draw.below(27);
        Some(Vehicle {
            plate: format!(
                "{:03}{}{}{}{:02}",
                number % 1000,
                letter(676),
                letter(26),
                letter(1),
                1 + draw.below(20)
            ),
            vin: format!("XXX{:014}", id * 1_009 + 97),
            model: draw.pick(&MODELS),
            colour: draw.pick(&COLOURS),
            year,
            registered: days_ago(draw.below(3_000)),
            pledged: draw.chance(9),
            owner: self.index,
        })
    }

    /// The person's driver's licence.
    #[must_use]
    pub fn licence(&self) -> Option<Licence> {
        let mut draw = self.draw("licence");
        if !self.age_at_least(18) || !(self.index == 0 || draw.chance(60)) {
            return None;
        }
        let categories: &[&[&str]] = &[&["B"], &["B", "B1"], &["B", "C"], &["A", "B"], &["B", "C", "CE"]];
        let issued = days_ago(30 + draw.below(3_500));
        Some(Licence {
            number: format!("ZZ{:07}", 1_000_000 + self.slot * 61),
            categories: draw.pick(categories),
            issued,
            expires: issued.saturating_add(Duration::days(3_652)),
            withdrawn_until: draw
                .chance(2)
                .then(|| TODAY.saturating_add(Duration::days(draw.below(700).into()))),
        })
    }

    /// The person's permits to keep weapons.
    #[must_use]
    pub fn permits(&self) -> Vec<Permit> {
        let mut draw = self.draw("permits");
        if !self.age_at_least(21) || !draw.chance(3) {
            return Vec::new();
        }
        let count = 1 + draw.below(2);
        let permit = |turn: u32| {
            let (kind, calibre) = draw.pick(&WEAPONS);
            let issued = days_ago(draw.below(1_800));
            Permit {
                number: format!("RX{:06}{turn}", self.slot),
                kind,
                calibre,
                serial: format!("N{:06}", draw.below(1_000_000)),
                issued,
                expires: issued.saturating_add(Duration::days(1_826)),
                kept_at: self.address(),
            }
        };
        (0..count).map(permit).collect()
    }

    /// The search for the person, if they are wanted.
    #[must_use]
    pub fn search(&self) -> Option<Search> {
        let mut draw = self.draw("search");
        if !self.age_at_least(16) || draw.below(1_000) >= 3 {
            return None;
        }
        Some(Search {
            reason: draw.pick(&["suspect", "missing", "debtor"]),
            since: days_ago(draw.below(900)),
            initiator: draw.pick(&[
                "Police of Үлгіқала",
                "Police of Примерград",
                "Enforcement service of Нобайкөл",
            ]),
            case: format!("25{:013}", u64::from(self.slot) * 7_919),
        })
    }
}

fn address(draw: &mut Draw) -> Address {
    let (town, region) = draw.pick(&TOWNS);
    Address {
        region,
        town,
        street: draw.pick(&STREETS),
        house: 1 + draw.below(180),
        flat: draw.chance(70).then(|| 1 + draw.below(120)),
        since: days_ago(draw.below(5_000)),
    }
}

fn days_ago(days: u32) -> Date {
    TODAY.saturating_sub(Duration::days(days.into()))
}

#[cfg(test)]
mod tests {
    use super::super::COUNT;
    use super::*;

    #[test]
    fn every_vehicle_is_found_by_its_plate_and_by_no_other() {
        let mut plates = std::collections::BTreeSet::new();
        for vehicle in (0..COUNT).step_by(7).filter_map(person).flat_map(|owner| owner.vehicles()) {
            assert_eq!(by_plate(&vehicle.plate).unwrap(), vehicle);
            assert!(plates.insert(vehicle.plate));
        }
        assert!(plates.len() > 5_000);
        for stranger in ["", "123ABC02", "12ABC02", "999zzz02", "ӘӘӘ"] {
            assert!(by_plate(stranger).is_none(), "{stranger}");
        }
    }

    #[test]
    fn the_country_has_some_of_everything() {
        let people = || (0..10_000).filter_map(person);
        assert!((4_000..7_000).contains(&people().filter(|person| person.licence().is_some()).count()));
        assert!((100..500).contains(&people().filter(|person| !person.permits().is_empty()).count()));
        assert!((10..60).contains(&people().filter(|person| person.search().is_some()).count()));
        assert!(people().any(|person| !person.former_addresses().is_empty()));
    }

    #[test]
    fn the_contract_s_person_drives() {
        let person = person(0).unwrap();
        assert!(person.licence().is_some() && !person.vehicles().is_empty());
    }
}
