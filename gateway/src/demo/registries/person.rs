//! Sample registries about persons: who they are, where they live, whether they are looked for.

use serde_json::{Value, json};

use super::Behaviour;
use super::listed::{by_iin, date, maybe_date, object, text};
use super::sample::{Fields, Offer, Sample};
use crate::catalogue::{Method, OperationClass};
use crate::demo::people::{self, Address, Person};

pub(super) const POPULATION: Sample = Sample {
    code: "population",
    title: "Natural persons",
    state: Behaviour::Integrated,
    offers: &[
        Offer {
            operation: "person-by-iin",
            title: "A person by IIN",
            class: OperationClass::Ordinary,
            method: Method::Get,
            collection: "persons",
            parameters: by_iin,
            answer_schema: identity_schema,
            fields: IDENTITY,
            answer: |iin| Some(identity(&people::by_iin(iin.as_str()?)?)),
            example: first_person,
        },
        Offer {
            operation: "persons-by-name",
            title: "Persons by surname and date of birth",
            class: OperationClass::Ordinary,
            method: Method::Post,
            collection: "search",
            parameters: || json!({"surname": {"type": "string", "minLength": 2, "maxLength": 60}, "birth_date": date()}),
            answer_schema: || {
                object(&json!({"persons": {"type": "array", "maxItems": 4, "items": identity_schema()}}))
            },
            fields: Fields {
                criminal: &["*"],
                civil: &["persons.iin", "persons.surname", "persons.name", "persons.patronymic"],
                administrative: &[
                    "persons.iin",
                    "persons.surname",
                    "persons.name",
                    "persons.patronymic",
                    "persons.birth_date",
                ],
                search: &["*"],
                enforcement: &[
                    "persons.iin",
                    "persons.surname",
                    "persons.name",
                    "persons.patronymic",
                    "persons.birth_date",
                ],
            },
            answer: by_name,
            example: || {
                let surname = people::person(0).map(|person| person.name.surname);
                json!({"surname": surname, "birth_date": "1990-01-01"})
            },
        },
        Offer {
            operation: "parent-by-iin",
            title: "A parent of a person",
            class: OperationClass::PrivateLife,
            method: Method::Get,
            collection: "parents",
            parameters: by_iin,
            answer_schema: identity_schema,
            fields: Fields {
                criminal: &["iin", "surname", "name", "patronymic", "birth_date"],
                civil: &["surname", "name", "patronymic"],
                administrative: &["surname", "name", "patronymic"],
                search: &["iin", "surname", "name", "patronymic", "birth_date"],
                enforcement: &["surname", "name", "patronymic"],
            },
            answer: |iin| Some(identity(&people::by_iin(iin.as_str()?)?.parent()?)),
            example: || {
                let child =
                    (0..people::COUNT).filter_map(people::person).find(|person| person.parent().is_some());
                json!({"iin": child.map(|person| person.iin)})
            },
        },
    ],
};

pub(super) const RESIDENCE: Sample = Sample {
    code: "residence",
    title: "Registration of residence",
    state: Behaviour::Integrated,
    offers: &[Offer {
        operation: "residence-by-iin",
        title: "Where a person is and was registered",
        class: OperationClass::Ordinary,
        method: Method::Get,
        collection: "residences",
        parameters: by_iin,
        answer_schema: || {
            object(&json!({"iin": text(), "current": address_schema(),
                           "former": {"type": "array", "items": address_schema()}}))
        },
        fields: Fields {
            criminal: &["*"],
            civil: &["current.region", "current.town", "current.street", "current.house", "current.flat"],
            administrative: &[
                "current.region",
                "current.town",
                "current.street",
                "current.house",
                "current.flat",
            ],
            search: &["*"],
            enforcement: &["iin", "current"],
        },
        answer: |iin| {
            let person = people::by_iin(iin.as_str()?)?;
            let former: Vec<Value> = person.former_addresses().iter().map(address).collect();
            Some(json!({"iin": person.iin, "current": address(&person.address()), "former": former}))
        },
        example: first_person,
    }],
};

pub(super) const WANTED: Sample = Sample {
    code: "wanted",
    title: "Wanted persons",
    state: Behaviour::Integrated,
    offers: &[Offer {
        operation: "search-by-iin",
        title: "Whether a person is looked for",
        class: OperationClass::Ordinary,
        method: Method::Get,
        collection: "wanted",
        parameters: by_iin,
        answer_schema: || {
            object(
                &json!({"iin": text(), "reason": {"enum": ["suspect", "missing", "debtor"]}, "since": date(),
                           "initiator": text(), "case": text()}),
            )
        },
        fields: Fields {
            criminal: &["*"],
            civil: &["reason"],
            administrative: &["reason", "since"],
            search: &["*"],
            enforcement: &["reason", "since", "initiator"],
        },
        answer: |iin| {
            let person = people::by_iin(iin.as_str()?)?;
            let search = person.search()?;
            Some(json!({"iin": person.iin, "reason": search.reason, "since": search.since.to_string(),
                        "initiator": search.initiator, "case": search.case}))
        },
        example: || {
            let wanted =
                (0..people::COUNT).filter_map(people::person).find(|person| person.search().is_some());
            json!({"iin": wanted.map(|person| person.iin)})
        },
    }],
};

/// Who somebody is, as each kind of case needs to know it.
const IDENTITY: Fields = Fields {
    criminal: &["*"],
    civil: &["iin", "surname", "name", "patronymic", "birth_date"],
    administrative: &["iin", "surname", "name", "patronymic", "birth_date", "sex", "document.number"],
    search: &[
        "iin",
        "surname",
        "name",
        "patronymic",
        "latin_name",
        "birth_date",
        "sex",
        "citizenship",
        "deceased",
    ],
    enforcement: &["iin", "surname", "name", "patronymic", "birth_date", "document.number", "deceased"],
};

fn identity_schema() -> Value {
    object(&json!({
        "iin": {"type": "string", "format": "iin"},
        "surname": text(),
        "name": text(),
        "patronymic": text(),
        "latin_name": text(),
        "sex": {"enum": ["male", "female"]},
        "birth_date": date(),
        "citizenship": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "document": object(&json!({"number": text(), "issuer": text()})),
        "deceased": maybe_date(),
    }))
}

fn identity(person: &Person) -> Value {
    json!({
        "iin": person.iin,
        "surname": person.name.surname,
        "name": person.name.given,
        "patronymic": person.name.patronymic,
        "latin_name": person.name.latin,
        "sex": person.sex.as_str(),
        "birth_date": person.born.to_string(),
        "citizenship": "XXA",
        "document": {"number": person.document(), "issuer": "Ministry of Invented Affairs"},
        "deceased": null,
    })
}

fn by_name(asked: &Value) -> Option<Value> {
    let surname = asked.get("surname")?.as_str()?;
    let born = asked.get("birth_date")?.as_str()?;
    let day = time::macros::format_description!("[year]-[month]-[day]");
    let found =
        people::born_on(time::Date::parse(born, day).ok()?).filter(|person| person.name.surname == surname);
    let persons: Vec<Value> = found.map(|person| identity(&person)).collect();
    (!persons.is_empty()).then(|| json!({"persons": persons}))
}

pub(super) fn address_schema() -> Value {
    object(&json!({
        "region": text(),
        "town": text(),
        "street": text(),
        "house": {"type": "integer", "minimum": 1},
        "flat": {"type": ["integer", "null"]},
        "since": date(),
    }))
}

pub(super) fn address(address: &Address) -> Value {
    json!({"region": address.region, "town": address.town, "street": address.street, "house": address.house,
           "flat": address.flat, "since": address.since.to_string()})
}

/// The parameters of the contract's example.
pub(super) fn first_person() -> Value {
    json!({"iin": people::person(0).map(|person| person.iin)})
}
