//! The one-time number of a signature, made from the key and the digest (RFC 6979 §3.2).
//!
//! A repeated or biased one gives the key away, so it comes from no generator that could fail. The generator inside is HMAC with SHA-512
//! whatever digest was signed: RFC 6979 needs a good one, not that one.

use crypto_bigint::Uint;
use ring::hmac;
use zeroize::Zeroizing;

use super::curve::Curve;
use super::signature::length;

/// Candidates tried before giving up: each fails with probability below one half, so all of them never do.
const TRIES: usize = 128;

/// A number from 1 to the order less one for `digest` under `private` (both big-endian, of the field's length).
pub(super) fn nonce<C: Curve<N>, const N: usize>(private: &[u8], digest: &[u8]) -> Option<Uint<N>> {
    let mut generator = Generator::new();
    generator.update(&[&[0], private, digest]);
    generator.update(&[&[1], private, digest]);
    for _ in 0..TRIES {
        let candidate = generator.candidate::<C, N>();
        if in_range::<C, N>(&candidate) {
            return Some(candidate);
        }
        generator.update(&[&[0]]);
    }
    None
}

/// Whether 0 < `number` < order.
pub(super) fn in_range<C: Curve<N>, const N: usize>(number: &Uint<N>) -> bool {
    !number.is_zero_vartime() && number < &C::ORDER
}

/// K and V of RFC 6979 §3.2.
struct Generator {
    key: hmac::Key,
    value: Zeroizing<Vec<u8>>,
}

impl Generator {
    fn new() -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA512, &[0; 64]), value: Zeroizing::new(vec![1; 64]) }
    }

    /// K = HMAC(K, V ‖ parts), V = HMAC(K, V).
    fn update(&mut self, parts: &[&[u8]]) {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&self.value);
        for part in parts {
            context.update(part);
        }
        self.key = hmac::Key::new(hmac::HMAC_SHA512, context.sign().as_ref());
        self.step();
    }

    fn step(&mut self) {
        let value = hmac::sign(&self.key, &self.value);
        self.value = Zeroizing::new(value.as_ref().to_vec());
    }

    /// As many leading bits of V as the order has.
    fn candidate<C: Curve<N>, const N: usize>(&mut self) -> Uint<N> {
        self.step();
        let leading = self.value.get(..length::<N>()).unwrap_or_default();
        let mut octets = Zeroizing::new(leading.to_vec());
        octets.reverse();
        let number = super::signature::number::<N>(&octets).unwrap_or(Uint::ZERO);
        number.shr_vartime(Uint::<N>::BITS - C::ORDER.bits_vartime())
    }
}
