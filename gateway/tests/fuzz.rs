//! Fuzzing of request documents: a good one is cut, doubled, mixed with what JSON readers disagree on, and read. Nothing may panic, and what
//! is taken says to every reader what it says to this one.
//!
//! One second; longer by `NEGIZ_FUZZ_SECONDS=3600 cargo test --release --workspace --test fuzz`. `NEGIZ_FUZZ_SEED` chooses another course; a
//! failure names the one it was on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use gateway::clock::Millis;
use gateway::document::{Document, Rules};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// 2026-11-22T10:15:30Z
const NOW: Millis = Millis(1_795_342_530_000);

const SEEDS: [&str; 3] = [
    r#"{"version":1,"id":"01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7a","issued":"2026-11-22T10:15:00Z","agency":"940740000015",
"registry":"population","operation":"person-by-iin","parameters":{"iin":"900101300017"},"basis":{"ground":"criminal-case",
"case":"257500031000123","circumstances":"Witness statement of 20.11.2026 names the person as the driver"},
"purpose":"Establish the identity of the driver"}"#,
    r#"{"purpose":"Установить личность водителя","basis":{"circumstances":"Свидетель называет это лицо водителем автомобиля",
"case":"Д-2/2026","ground":"civil-case","sanction":"a.b.c"},"parameters":{},"operation":"vehicle-by-plate","registry":"vehicles",
"agency":"940740000015","issued":"2026-11-22T15:15:00+05:00","id":"5b1c0f5e-7f5c-4d8e-9c3a-0a1b2c3d4e5f","version":1}"#,
    r#"{"version":1,"id":"01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7b","issued":"2026-11-22T10:15:00Z","agency":"940740000015",
"registry":"wanted","operation":"person-by-iin","parameters":{"deep":{"a":[1,2.5,null,true,{"b":"\u0041\u0042"}]}},"basis":{"ground":"operational",
"case":"1","circumstances":"Operational material no. 7 of the department","measure":{"basis":"pre-trial-materials","document":"no. 5"}},"purpose":"x y"}"#,
];

/// What readers of JSON are known to read differently.
const PIECES: [&str; 27] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "null",
    "true",
    "1e400",
    "-0",
    "01",
    "1.0",
    "\u{feff}",
    "\u{200b}",
    "\u{202e}",
    "\0",
    "\\u0000",
    "\\ud800",
    "\\u0069d",
    r#"{"$serde_json::private::RawValue":"\"operational\""}"#,
    "\"id\":\"01936d2c-8e3b-7c1d-9a51-2f6b8c0d4e7c\",",
    "\"version\":1,",
    "\"extra\":[],",
    "/**/",
    "\u{a0}",
];

/// Xorshift (Marsaglia 2003): a course that can be run again.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

fn changed(seed: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut out = seed.to_vec();
    for _ in 0..=chance.below(3) {
        let at = chance.below(out.len());
        match chance.below(8) {
            0 => out.truncate(at.max(1)),
            1 => out[at] ^= 1 << chance.below(8),
            2 => drop(out.remove(at)),
            3 => {
                let (from, length) = (chance.below(other.len()), chance.below(40));
                let piece = other[from..other.len().min(from + length)].to_vec();
                drop(out.splice(at..at, piece));
            }
            4 => {
                let end = out.len().min(at + chance.below(40));
                let piece = out[at..end].to_vec();
                drop(out.splice(at..at, piece));
            }
            5 => {
                let depth = 1 << chance.below(12);
                drop(out.splice(at..at, b"[".repeat(depth)));
            }
            _ => drop(out.splice(at..at, PIECES[chance.below(PIECES.len())].bytes())),
        }
        if out.is_empty() {
            out.push(b'{');
        }
    }
    out
}

/// A reader that takes JSON as it comes and finds members that stand twice.
struct Members;

impl<'de> DeserializeSeed<'de> for Members {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without doubled members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(Self)?;
            if !names.insert(name) {
                return Err(A::Error::custom("a member twice"));
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Self)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// What another reader makes of the same bytes.
fn is_read_alike(document: &Document, content: &[u8]) -> Result<(), String> {
    let mut reader = serde_json::Deserializer::from_slice(content);
    Members.deserialize(&mut reader).and_then(|()| reader.end()).map_err(|error| error.to_string())?;
    let value: Value = serde_json::from_slice(content).map_err(|error| error.to_string())?;
    let text = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let objects = value.as_object().is_some_and(|it| it.len() == 9) && value["basis"].is_object();
    let measure = value["basis"].get("measure").is_none_or(|it| it.is_object() || it.is_null());
    let alike = objects
        && measure
        && text("/id").eq_ignore_ascii_case(&document.id.to_string())
        && text("/agency") == document.agency.as_str()
        && text("/registry") == document.registry
        && text("/operation") == document.operation
        && text("/purpose") == document.purpose
        && text("/basis/ground") == document.basis.ground.as_str()
        && text("/basis/case") == document.basis.case.as_str()
        && text("/basis/circumstances") == document.basis.circumstances
        && value["parameters"] == Value::Object(document.parameters.clone());
    if alike { Ok(()) } else { Err("the two readers read two documents".to_owned()) }
}

/// `serde_json` takes an object with such a member for the JSON that its text holds; every other reader sees an object.
#[test]
fn no_text_stands_for_the_json_inside_it() {
    for (plain, posing) in [
        (r#""ground":"criminal-case""#, r#""ground":{"$serde_json::private::RawValue":"\"criminal-case\""}"#),
        (r#"{"iin":"900101300017"}"#, r#"{"iin":{"$serde_json::private::RawValue":"\"900101300017\""}}"#),
        (
            r#"{"iin":"900101300017"}"#,
            r#"{"\u0024serde_json::private::RawValue":"{\"iin\":\"900101300017\"}"}"#,
        ),
    ] {
        let (seed, rules) = (SEEDS[0].replace(plain, posing), Rules::default());
        assert_ne!(seed, SEEDS[0]);
        assert!(Document::parse(seed.as_bytes(), NOW, &rules).is_err(), "{seed}");
    }
}

#[test]
fn documents() {
    let variable = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let time = Duration::from_secs(variable("NEGIZ_FUZZ_SECONDS").unwrap_or(1));
    let course = variable("NEGIZ_FUZZ_SEED").unwrap_or(0x9e37_79b9_7f4a_7c15);
    let rules = Rules::default();
    for seed in SEEDS {
        let document = Document::parse(seed.as_bytes(), NOW, &rules).unwrap();
        is_read_alike(&document, seed.as_bytes()).unwrap();
    }
    let mut chance = Chance(course);
    let (began, mut read, mut taken) = (Instant::now(), 0_u64, 0_u64);
    while began.elapsed() < time {
        let (seed, other) = (SEEDS[chance.below(SEEDS.len())], SEEDS[chance.below(SEEDS.len())]);
        let content = changed(seed.as_bytes(), other.as_bytes(), &mut chance);
        read += 1;
        let _ = Document::peek_id(&content);
        if let Ok(document) = Document::parse(&content, NOW, &rules) {
            taken += 1;
            if let Err(why) = is_read_alike(&document, &content) {
                panic!("course {course}, document {read}: {why}: {}", String::from_utf8_lossy(&content));
            }
        }
    }
    assert!(taken > 0 && taken < read, "{taken} of {read} taken: nothing was tried");
}
