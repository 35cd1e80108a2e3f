//! Clients that come back: a chain that led to an authority once leads there again.
//!
//! The same octets have the same signatures, names and purposes, so a path is built and verified once, and that it was is remembered; what
//! changes is the time, so dates are looked at in every handshake. That the client holds the key is proven anew each time, and whether a
//! certificate was revoked is asked at every request (see [`crate::clients`]).
//!
//! What is remembered belongs to one set of authorities: other authorities come with another [`Returning`].

use std::ops::RangeInclusive;
use std::sync::Arc;

use certs::path::Validity;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use crate::enrolment::Fingerprint;
use crate::memory::Memory;

/// Clients that are remembered.
const MOST: usize = 16_384;

/// When every certificate of a chain is valid, in seconds since 1970.
type Valid = RangeInclusive<i64>;

/// What was accepted with a client's certificate.
#[derive(Clone, Debug)]
struct Accepted {
    /// The certificates that were shown behind it.
    behind: Vec<Fingerprint>,
    valid: Valid,
}

/// Verifies clients as another verifier does, and remembers those it accepted.
#[derive(Debug)]
pub(super) struct Returning {
    verifier: Arc<dyn ClientCertVerifier>,
    /// By the client's own certificate: whoever shows it with ever other certificates behind it crowds out nobody else.
    known: Memory<Fingerprint, Accepted>,
}

impl Returning {
    pub(super) fn over(verifier: Arc<dyn ClientCertVerifier>) -> Self {
        Self { verifier, known: Memory::of(MOST) }
    }

    fn is_known(&self, leaf: &Fingerprint, behind: &[Fingerprint], now: UnixTime) -> bool {
        self.known.get(leaf).is_some_and(|it| it.behind == behind && includes(&it.valid, now))
    }
}

impl ClientCertVerifier for Returning {
    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let client = Fingerprint::of(leaf);
        let behind: Vec<_> = intermediates.iter().map(|it| Fingerprint::of(it)).collect();
        if self.is_known(&client, &behind, now) {
            return Ok(ClientCertVerified::assertion());
        }
        let verified = self.verifier.verify_client_cert(leaf, intermediates, now)?;
        // One that is not valid now cannot be part of the way, and would only keep the chain from being remembered.
        if let Some(valid) = validity(leaf, intermediates).filter(|valid| includes(valid, now)) {
            self.known.keep(client, Accepted { behind, valid });
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, leaf, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, leaf, signed)
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.verifier.root_hint_subjects()
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }

    fn offer_client_auth(&self) -> bool {
        self.verifier.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.verifier.client_auth_mandatory()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.verifier.requires_raw_public_keys()
    }
}

/// When all that was shown is valid; `None` if one cannot be read.
fn validity(leaf: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Option<Valid> {
    std::iter::once(leaf).chain(intermediates).try_fold(i64::MIN..=i64::MAX, |all, certificate| {
        let one = Validity::of(certificate).ok()?;
        Some(one.not_before.max(*all.start())..=one.not_after.min(*all.end()))
    })
}

fn includes(valid: &Valid, now: UnixTime) -> bool {
    i64::try_from(now.as_secs()).is_ok_and(|now| valid.contains(&now))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use rcgen::{
        BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
        date_time_ymd,
    };
    use rustls::RootCertStore;
    use rustls::server::WebPkiClientVerifier;

    use super::*;

    /// Accepts everybody, or nobody, and counts.
    #[derive(Debug, Default)]
    struct Counting {
        asked: AtomicUsize,
        refuses: bool,
    }

    impl ClientCertVerifier for Counting {
        fn verify_client_cert(
            &self,
            _: &CertificateDer<'_>,
            _: &[CertificateDer<'_>],
            _: UnixTime,
        ) -> Result<ClientCertVerified, Error> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            if self.refuses { Err(Error::DecryptError) } else { Ok(ClientCertVerified::assertion()) }
        }

        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(Error::DecryptError)
        }

        fn verify_tls13_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(Error::DecryptError)
        }

        fn root_hint_subjects(&self) -> &[DistinguishedName] {
            &[]
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            Vec::new()
        }
    }

    fn certificate(from: i32, until: i32) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec!["client.test".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().into()
    }

    fn in_year(year: i32) -> UnixTime {
        let seconds = date_time_ymd(year, 6, 1).unix_timestamp();
        UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(seconds).unwrap()))
    }

    /// How often the verifier behind was asked for these visits, in turn, each of which it would accept.
    fn asked(visits: &[(&[&CertificateDer<'static>], i32)]) -> usize {
        let counting = Arc::new(Counting::default());
        let returning = Returning::over(Arc::clone(&counting) as Arc<dyn ClientCertVerifier>);
        for (shown, year) in visits {
            let (leaf, intermediates) = shown.split_first().unwrap();
            let intermediates: Vec<_> = intermediates.iter().map(|it| (*it).clone()).collect();
            returning.verify_client_cert(leaf, &intermediates, in_year(*year)).unwrap();
        }
        counting.asked.load(Ordering::SeqCst)
    }

    #[test]
    fn a_chain_is_verified_once() {
        let (leaf, authority) = (certificate(2025, 2028), certificate(2020, 2030));
        assert_eq!(asked(&[(&[&leaf, &authority], 2026), (&[&leaf, &authority], 2027)]), 1);
    }

    #[test]
    fn another_leaf_or_another_way_is_another_chain() {
        let (leaf, other, authority) =
            (certificate(2025, 2028), certificate(2025, 2028), certificate(2020, 2030));
        let visits: [(&[_], _); 5] = [
            (&[&leaf, &authority], 2026),
            (&[&other, &authority], 2026),
            (&[&leaf], 2026),
            (&[&leaf, &other], 2026),
            (&[&leaf, &authority, &authority], 2026),
        ];
        assert_eq!(asked(&visits), 5);
    }

    #[test]
    fn dates_are_looked_at_each_time() {
        let (leaf, authority) = (certificate(2025, 2028), certificate(2020, 2030));
        // Before it begins, and once it has ended: the verifier behind decides.
        let visits: [(&[_], _); 4] = [(&[&leaf], 2026), (&[&leaf], 2024), (&[&leaf], 2028), (&[&leaf], 2026)];
        assert_eq!(asked(&visits), 3);
        // So too when it is not the leaf that ended.
        let short = certificate(2020, 2026);
        let visits: [(&[_], _); 3] =
            [(&[&authority, &short], 2025), (&[&authority, &short], 2027), (&[&authority, &short], 2027)];
        assert_eq!(asked(&visits), 3);
    }

    #[test]
    fn a_chain_that_is_refused_is_refused_again() {
        let counting = Arc::new(Counting { refuses: true, ..Counting::default() });
        let returning = Returning::over(Arc::clone(&counting) as Arc<dyn ClientCertVerifier>);
        let leaf = certificate(2025, 2028);
        for _ in 0..2 {
            assert!(returning.verify_client_cert(&leaf, &[], in_year(2026)).is_err());
        }
        assert_eq!(counting.asked.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn what_cannot_be_read_is_not_remembered() {
        let junk = CertificateDer::from(vec![0x30, 0]);
        assert_eq!(asked(&[(&[&junk], 2026), (&[&junk], 2026)]), 2);
    }

    #[test]
    fn a_client_with_ever_other_certificates_behind_its_own_has_one_place() {
        let returning = Returning::over(Arc::new(Counting::default()));
        let other = certificate(2025, 2028);
        assert!(returning.verify_client_cert(&other, &[], in_year(2026)).is_ok());
        let leaf = certificate(2025, 2028);
        for number in 0..=3 {
            let behind = vec![certificate(2025, 2028); number];
            assert!(returning.verify_client_cert(&leaf, &behind, in_year(2026)).is_ok());
        }
        assert_eq!(returning.known.len(), 2);
    }

    /// An authority until a year, under another or under itself.
    fn authority(
        until: i32,
        under: Option<&Issuer<'_, KeyPair>>,
    ) -> (CertificateDer<'static>, Issuer<'static, KeyPair>) {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, format!("Authority until {until}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let signed = match under {
            Some(issuer) => params.signed_by(&key, issuer).unwrap(),
            None => params.self_signed(&key).unwrap(),
        };
        (signed.into(), Issuer::new(params, key))
    }

    /// With the verifier that clients really meet.
    #[test]
    fn who_was_let_in_is_refused_once_the_way_has_ended() {
        let (root, root_key) = authority(2040, None);
        let (between, between_key) = authority(2027, Some(&root_key));
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.not_after = date_time_ymd(2030, 1, 1);
        let leaf = params.signed_by(&KeyPair::generate().unwrap(), &between_key).unwrap().into();
        let mut roots = RootCertStore::empty();
        roots.add(root).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let real = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let returning = Returning::over(real);
        let verify =
            |year| returning.verify_client_cert(&leaf, std::slice::from_ref(&between), in_year(year));
        assert!(verify(2026).is_ok());
        assert!(verify(2026).is_ok());
        assert!(matches!(verify(2028), Err(Error::InvalidCertificate(_))));
        assert!(verify(2026).is_ok());
        // Without what leads to the authority it is another chain, and none that leads anywhere.
        assert!(returning.verify_client_cert(&leaf, &[], in_year(2026)).is_err());
    }
}
