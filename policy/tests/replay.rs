//! Recorded requests decided again, and matrices compared: what somebody sees before a change takes effect.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod situation;

use policy::*;
use situation::{decide, lawful};

fn set_with_matrix(entries: &[Entry]) -> Policy {
    let matrix = File::new("matrix.json", serde_json::to_string(entries).unwrap());
    Policy::load(&PolicyFiles::default_set().with_matrix(matrix), ProofDemand::Required).unwrap()
}

fn entry(fields: &[&str]) -> Entry {
    Entry {
        bodies: vec![BodyKind::InternalAffairs],
        roles: vec!["investigator".into()],
        grounds: vec![Ground::CriminalCase],
        opens: vec![Opening {
            registry: "population".into(),
            operation: "person-by-iin".into(),
            fields: fields.iter().map(|field| (*field).to_owned()).collect(),
        }],
    }
}

#[test]
fn a_recorded_request_comes_out_the_same_under_the_same_set() {
    let policy = Policy::default_set().unwrap();
    for &ground in Ground::ALL {
        let recorded = Decided::from(&decide(lawful(ground)).unwrap());
        assert_eq!(policy.replay("request-1", &lawful(ground), &recorded), None);
    }
    let refused = Facts { case: None, ..lawful(Ground::CivilCase) };
    let recorded = Decided::from(&decide(refused.clone()).unwrap_err());
    assert_eq!(policy.replay("request-1", &refused, &recorded), None);
    let kept = serde_json::to_string(&recorded).unwrap();
    assert_eq!(serde_json::from_str::<Decided>(&kept).unwrap(), recorded);
}

#[test]
fn a_proposed_set_is_shown_by_what_it_decides_otherwise() {
    let facts = lawful(Ground::CriminalCase);
    let before = set_with_matrix(&[entry(&["iin", "name"])]).consider(&facts);
    let more = set_with_matrix(&[entry(&["iin", "name", "address"])]).replay("r", &facts, &before).unwrap();
    assert!(more.releases_more());
    assert_eq!(
        more.to_string(),
        "MORE  r\n      was       granted to the role investigator: iin, name\n      would be  granted to the role investigator: address, iin, name"
    );
    let less = set_with_matrix(&[]).replay("r", &facts, &before).unwrap();
    assert!(!less.releases_more());
    assert!(
        less.to_string().contains("refused: operation-not-permitted (SLS 13(3), rule row-of-the-matrix)"),
        "{less}"
    );
    let rule = "@id(\"no-civil\") @clause(\"own\") @code(\"ground-not-permitted\") @detail(\"not here\")\n\
                forbid (principal, action, resource) when { context.ground == Ground::\"civil-case\" };";
    let stricter = PolicyFiles::default_set().with_rules(File::new("own.cedar", rule));
    let stricter = Policy::load(&stricter, ProofDemand::Waived).unwrap();
    let recorded = Decided::from(&decide(lawful(Ground::CivilCase)).unwrap());
    let change = stricter.replay("r", &lawful(Ground::CivilCase), &recorded).unwrap();
    assert!(matches!(change.after, Decided::Refused { code: Code::GroundNotPermitted, .. }), "{change}");
}

#[test]
fn a_proposed_matrix_is_shown_row_by_row() {
    let catalogue = Policy::default_set().unwrap().catalogue().clone();
    let matrix = |fields: &[&str]| Matrix::from_entries(&[entry(fields)], &catalogue).unwrap();
    let told = |before: &Matrix, after: &Matrix| -> Vec<String> {
        before.changes_to(after).iter().map(ToString::to_string).collect()
    };
    let who = "investigator of internal-affairs on criminal-case may ask population/person-by-iin";
    let (two, other) = (matrix(&["iin", "name"]), matrix(&["iin", "sex"]));
    assert!(told(&two, &two).is_empty());
    assert_eq!(told(&two, &other), [format!("changed: {who}; fields opened: sex; fields closed: name")]);
    assert_eq!(told(&Matrix::default(), &two), [format!("opened: {who}: iin, name")]);
    assert_eq!(told(&two, &Matrix::default()), [format!("closed: {who}")]);
}

#[test]
fn a_set_can_be_shared_among_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Policy>();
    shared::<Granted<()>>();
}
