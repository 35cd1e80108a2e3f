//! Sample registries about what persons drive and keep: vehicles, driver licences, weapon permits.

use serde_json::{Value, json};

use super::Behaviour;
use super::listed::{by_iin, date, maybe_date, object, text};
use super::person::{address, address_schema, first_person};
use super::sample::{Fields, Offer, Sample};
use crate::catalogue::{Method, OperationClass};
use crate::demo::people::{self, Vehicle};

pub(super) const VEHICLES: Sample = Sample {
    code: "vehicles",
    title: "Vehicles",
    state: Behaviour::Integrated,
    offers: &[
        Offer {
            operation: "vehicle-by-plate",
            title: "A vehicle and its owner by number plate",
            class: OperationClass::Ordinary,
            method: Method::Get,
            collection: "plates",
            parameters: || json!({"plate": {"type": "string", "pattern": "^[0-9]{3}[A-Z]{3}[0-9]{2}$"}}),
            answer_schema: vehicle_schema,
            fields: Fields {
                criminal: &["*"],
                civil: &["plate", "model", "year", "owner"],
                administrative: &["plate", "model", "colour", "owner"],
                search: &["plate", "model", "colour", "owner"],
                enforcement: &["plate", "model", "year", "pledged", "owner"],
            },
            answer: |plate| vehicle(&people::by_plate(plate.as_str()?)?),
            example: || {
                let plate = people::person(0).and_then(|person| person.vehicles().into_iter().next());
                json!({"plate": plate.map(|vehicle| vehicle.plate)})
            },
        },
        Offer {
            operation: "vehicles-by-owner",
            title: "The vehicles of a person",
            class: OperationClass::Ordinary,
            method: Method::Get,
            collection: "owners",
            parameters: by_iin,
            answer_schema: || {
                object(&json!({"vehicles": {"type": "array", "maxItems": 100, "items": vehicle_schema()}}))
            },
            fields: Fields {
                criminal: &["*"],
                civil: &["vehicles.plate", "vehicles.model", "vehicles.year"],
                administrative: &["vehicles.plate", "vehicles.model"],
                search: &["vehicles.plate", "vehicles.model", "vehicles.colour"],
                enforcement: &[
                    "vehicles.plate",
                    "vehicles.vin",
                    "vehicles.model",
                    "vehicles.year",
                    "vehicles.pledged",
                ],
            },
            answer: |iin| {
                let owned = people::by_iin(iin.as_str()?)?.vehicles();
                Some(json!({"vehicles": owned.iter().filter_map(vehicle).collect::<Vec<_>>()}))
            },
            example: first_person,
        },
    ],
};

pub(super) const DRIVER_LICENCES: Sample = Sample {
    code: "driver-licences",
    title: "Driver licences",
    state: Behaviour::Integrated,
    offers: &[Offer {
        operation: "licence-by-iin",
        title: "A person's driver licence",
        class: OperationClass::Ordinary,
        method: Method::Get,
        collection: "licences",
        parameters: by_iin,
        answer_schema: || {
            object(&json!({"iin": text(), "number": text(), "categories": {"type": "array", "items": text()},
                           "issued": date(), "expires": date(), "withdrawn_until": maybe_date()}))
        },
        fields: Fields {
            criminal: &["*"],
            civil: &["number", "categories", "expires"],
            administrative: &["*"],
            search: &["number", "categories", "issued"],
            enforcement: &["number", "withdrawn_until"],
        },
        answer: |iin| {
            let person = people::by_iin(iin.as_str()?)?;
            let licence = person.licence()?;
            Some(json!({"iin": person.iin, "number": licence.number, "categories": licence.categories,
                        "issued": licence.issued.to_string(), "expires": licence.expires.to_string(),
                        "withdrawn_until": licence.withdrawn_until.map(|until| until.to_string())}))
        },
        example: first_person,
    }],
};

pub(super) const WEAPON_PERMITS: Sample = Sample {
    code: "weapon-permits",
    title: "Permits to keep weapons",
    state: Behaviour::Integrated,
    offers: &[Offer {
        operation: "permits-by-iin",
        title: "A person's weapon permits",
        class: OperationClass::Ordinary,
        method: Method::Get,
        collection: "permits",
        parameters: by_iin,
        answer_schema: || {
            let permit =
                object(&json!({"number": text(), "kind": text(), "calibre": text(), "serial": text(),
                                        "issued": date(), "expires": date(), "kept_at": address_schema()}));
            object(&json!({"permits": {"type": "array", "minItems": 1, "maxItems": 20, "items": permit}}))
        },
        fields: Fields {
            criminal: &["*"],
            civil: &["permits.number", "permits.kind"],
            administrative: &[
                "permits.number",
                "permits.kind",
                "permits.calibre",
                "permits.issued",
                "permits.expires",
            ],
            search: &["permits.kind", "permits.calibre", "permits.kept_at"],
            enforcement: &["permits.number", "permits.kind", "permits.serial", "permits.kept_at"],
        },
        answer: permits,
        example: || {
            let armed =
                (0..people::COUNT).filter_map(people::person).find(|person| !person.permits().is_empty());
            json!({"iin": armed.map(|person| person.iin)})
        },
    }],
};

fn vehicle_schema() -> Value {
    object(&json!({
        "plate": text(),
        "vin": text(),
        "model": text(),
        "colour": text(),
        "year": {"type": "integer", "minimum": 1950},
        "registered": date(),
        "pledged": {"type": "boolean"},
        "owner": object(&json!({"iin": text(), "name": text()})),
    }))
}

fn vehicle(vehicle: &Vehicle) -> Option<Value> {
    let owner = people::person(vehicle.owner)?;
    let name = format!("{} {} {}", owner.name.surname, owner.name.given, owner.name.patronymic);
    Some(json!({
        "plate": vehicle.plate,
        "vin": vehicle.vin,
        "model": vehicle.model,
        "colour": vehicle.colour,
        "year": vehicle.year,
        "registered": vehicle.registered.to_string(),
        "pledged": vehicle.pledged,
        "owner": {"iin": owner.iin, "name": name},
    }))
}

fn permits(iin: &Value) -> Option<Value> {
    let permits = people::by_iin(iin.as_str()?)?.permits();
    let permit = |permit: &people::Permit| {
        json!({"number": permit.number, "kind": permit.kind, "calibre": permit.calibre, "serial": permit.serial,
               "issued": permit.issued.to_string(), "expires": permit.expires.to_string(),
               "kept_at": address(&permit.kept_at)})
    };
    (!permits.is_empty()).then(|| json!({"permits": permits.iter().map(permit).collect::<Vec<_>>()}))
}
