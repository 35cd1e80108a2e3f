//! What a request takes of the disk: its content is packed before it is sealed, and the text that packing refers back into fits what
//! the gateway states. Should this grow, statements have drifted from that text: then a new form with a new one is due.

use negiz_tests::country::{CMS, Country, JOSE};
use negiz_tests::document::bytes;

on_both_databases!(a_request_is_kept_small);

fn a_request_is_kept_small(country: &Country) {
    let lead = country.manifest.lead();
    let hand = country.hand(lead);
    for (kind, most) in [(JOSE, 2_400), (CMS, 2_600)] {
        let document = country.question();
        let content = bytes(&document);
        let signed = if kind == JOSE { hand.jws(&content) } else { hand.cms(&content) };
        let asked = country.post(&lead.agency, kind, signed);
        assert_eq!(asked.status, 200, "{}", asked.json());
        let request = country.is_request(&document["id"]);
        let lengths = country.texts(&format!(
            "SELECT CAST(length(content) AS TEXT) FROM entries WHERE kind = 'grant' AND {request}"
        ));
        let [length] = lengths.as_slice() else { panic!("one grant: {lengths:?}") };
        let length: usize = length.parse().unwrap();
        assert!((1_000..most).contains(&length), "a grant of {kind} takes {length} bytes");
    }
}
