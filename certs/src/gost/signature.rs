//! Checking a signature: GOST R 34.10-2012 §6.2 (RFC 7091), which the national standards of 2004 and 2015 share.

use crypto_bigint::{CheckedAdd, Uint};

use super::GostError;
use super::curve::Curve;
use super::field::Field;
use super::multiples::Multiples;
use super::multiply::sum_of_multiples;
use super::point::Jacobian;

/// Checks `signature` (r ‖ s, each little-endian as the national authorities write it) over a digest, read as a little-endian number.
pub(super) fn verify<C: Curve<N>, const N: usize>(
    key: &Multiples<C, N>,
    digest: &[u8],
    signature: &[u8],
) -> Result<(), GostError> {
    let digest = number(digest)?;
    let wrong_length =
        GostError::Length { expected: length::<N>().saturating_mul(2), found: signature.len() };
    let (r, s) = signature.split_at_checked(length::<N>()).ok_or(wrong_length)?;
    let (r, s) = (number(r).map_err(|_| wrong_length)?, number(s).map_err(|_| wrong_length)?);
    verify_numbers(key, &digest, &r, &s)
}

/// RFC 7091 §6.2, steps 1 to 7.
pub(super) fn verify_numbers<C: Curve<N>, const N: usize>(
    key: &Multiples<C, N>,
    digest: &Uint<N>,
    r: &Uint<N>,
    s: &Uint<N>,
) -> Result<(), GostError> {
    for number in [r, s] {
        if number.is_zero_vartime() || number >= &C::ORDER {
            return Err(GostError::OutOfRange);
        }
    }
    let (u, v) = multipliers::<C, N>(digest, r, s).ok_or(GostError::BadSignature)?;
    let point = sum_of_multiples(&u, &v, key).ok_or(GostError::BadSignature)?;
    if has_x(&point, r) { Ok(()) } else { Err(GostError::BadSignature) }
}

/// z₁ = s/e and z₂ = −r/e modulo the order.
fn multipliers<C: Curve<N>, const N: usize>(
    digest: &Uint<N>,
    r: &Uint<N>,
    s: &Uint<N>,
) -> Option<(Uint<N>, Uint<N>)> {
    let order = C::ORDER.to_odd().into_option()?;
    let modulus = order.as_nz_ref();
    let e = reduced_digest::<C, N>(digest)?;
    let inverse = e.invert_odd_mod_vartime(&order).into_option()?;
    let u = s.mul_mod_vartime(&inverse, modulus);
    let v = r.mul_mod_vartime(&inverse, modulus).neg_mod(modulus);
    Some((u, v))
}

/// The digest modulo the order, and 1 instead of 0 (RFC 7091 §6.1 step 2).
pub(super) fn reduced_digest<C: Curve<N>, const N: usize>(digest: &Uint<N>) -> Option<Uint<N>> {
    let modulus = C::ORDER.to_nz().into_option()?;
    let e = digest.rem_vartime(&modulus);
    Some(if e.is_zero_vartime() { Uint::ONE } else { e })
}

/// Whether the x coordinate, taken modulo the order, is r. Compares r·Z² with X, for every number below the prime that leaves r: that
/// is cheaper than dividing by Z².
fn has_x<C: Curve<N>, const N: usize>(point: &Jacobian<C, N>, r: &Uint<N>) -> bool {
    if point.is_infinity() {
        return false;
    }
    let square = point.z.square();
    let mut candidate = Some(*r);
    // The prime is at most five times the order (Hasse, cofactor 4), so few candidates exist; beyond the prime there are none.
    while let Some(x) = candidate.and_then(|x| C::Field::new(&x)) {
        if x.mul(&square).sub(&point.x).is_zero() {
            return true;
        }
        candidate = candidate.and_then(|x| x.checked_add(&C::ORDER).into_option());
    }
    false
}

/// Octets of a coordinate.
pub(super) const fn length<const N: usize>() -> usize {
    N * crypto_bigint::Limb::BYTES
}

/// A little-endian number of exactly the field's length.
pub(super) fn number<const N: usize>(octets: &[u8]) -> Result<Uint<N>, GostError> {
    if octets.len() != length::<N>() {
        return Err(GostError::Length { expected: length::<N>(), found: octets.len() });
    }
    Ok(Uint::from_le_slice(octets))
}
