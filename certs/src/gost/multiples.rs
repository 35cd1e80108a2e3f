//! Multiples of a point, computed beforehand.

use core::fmt;

use crypto_bigint::Uint;

use super::curve::Curve;
use super::point::{Affine, Jacobian, normalise};

/// Into how many parts a multiplier is cut when there are multiples for each: doublings shrink by as much.
const PARTS: u32 = 4;
/// Width of the digits for the generator: 64 odd multiples for each part, 32 KiB for 512 bits.
const GENERATOR_WIDTH: u32 = 8;
/// Width of the digits for a key that is used again and again: 16 odd multiples for each part, 8 KiB for 512 bits.
const PREPARED_WIDTH: u32 = 6;
/// Width of the digits for a key that is used once: 8 odd multiples. More of them cost more than they save.
const ONCE_WIDTH: u32 = 5;

/// The odd multiples 1, 3, 5, … of P, of 2ᵏP, of 2²ᵏP, …, where k times the count of parts makes the length of a multiplier.
#[derive(Clone)]
pub(super) struct Multiples<C: Curve<N>, const N: usize> {
    parts: Vec<Vec<Affine<C, N>>>,
    width: u32,
}

impl<C: Curve<N>, const N: usize> fmt::Debug for Multiples<C, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Multiples({} parts, width {})", self.parts.len(), self.width)
    }
}

impl<C: Curve<N>, const N: usize> Multiples<C, N> {
    /// For the generator, computed once in a process.
    pub(super) fn of_generator() -> Option<&'static Self> {
        let compute = || Self::new(&Affine::generator()?, PARTS, GENERATOR_WIDTH);
        C::multiples().get_or_init(compute).as_ref()
    }

    /// For checking many signatures; costs about half as much as checking one. `None` if a multiple is the point at infinity, which no point
    /// of the subgroup has.
    pub(super) fn prepared(point: &Affine<C, N>) -> Option<Self> {
        Self::new(point, PARTS, PREPARED_WIDTH)
    }

    /// For checking one signature. `None` as for [`Multiples::prepared`].
    pub(super) fn once(point: &Affine<C, N>) -> Option<Self> {
        Self::new(point, 1, ONCE_WIDTH)
    }

    fn new(point: &Affine<C, N>, parts: u32, width: u32) -> Option<Self> {
        let count = 1 << width.checked_sub(2)?;
        let mut all = Vec::new();
        let mut base = Jacobian::from(*point);
        for _ in 0..parts {
            let double = base.double();
            let odd = core::iter::successors(Some(base), |last| Some(last.add(&double)));
            all.extend(odd.take(count));
            for _ in 0..Uint::<N>::BITS.checked_div(parts)? {
                base = base.double();
            }
        }
        let parts = normalise(&all)?.chunks(count).map(<[_]>::to_vec).collect();
        Some(Self { parts, width })
    }

    /// Into how many parts a multiplier may be cut.
    pub(super) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// The terms of `number`·P, the number cut into `parts`.
    pub(super) fn terms<'a>(&'a self, number: &Uint<N>, parts: usize) -> Option<Vec<Term<'a, C, N>>> {
        let length = Uint::<N>::BITS.checked_div(u32::try_from(parts).ok()?)?;
        let starts = (0..Uint::<N>::BITS).step_by(usize::try_from(length).ok()?);
        let cut = starts.zip(self.parts.iter().take(parts));
        Some(
            cut.map(|(start, multiples)| Term {
                digits: digits(number, start, length, self.width),
                multiples,
            })
            .collect(),
        )
    }
}

/// A multiplier in digits, and the odd multiples they stand for.
pub(super) struct Term<'a, C: Curve<N>, const N: usize> {
    digits: Vec<i16>,
    multiples: &'a [Affine<C, N>],
}

impl<C: Curve<N>, const N: usize> Term<'_, C, N> {
    /// How many digits there are.
    pub(super) fn length(&self) -> usize {
        self.digits.len()
    }

    /// `sum` and the multiple that the digit at `position` stands for. `None` if there is no such multiple.
    pub(super) fn add_to(&self, sum: Jacobian<C, N>, position: usize) -> Option<Jacobian<C, N>> {
        let digit = *self.digits.get(position)?;
        if digit == 0 {
            return Some(sum);
        }
        let point = self.multiples.get(usize::from(digit.unsigned_abs() >> 1))?;
        Some(if digit < 0 { sum.add_affine(&point.neg()) } else { sum.add_affine(point) })
    }
}

/// Signed digits of `length` bits of `number` from `start` on, least significant first, one per bit and one more: each is zero or odd, less than
/// 2^(width − 1) in size, and followed by at least width − 1 zeros. The sum of digit·2^position is those bits (wNAF: Hankerson, Menezes, Vanstone,
/// *Guide to Elliptic Curve Cryptography*, §3.3.1).
pub(super) fn digits<const N: usize>(number: &Uint<N>, start: u32, length: u32, width: u32) -> Vec<i16> {
    let bit = |position: u32| position < length && number.bit_vartime(start + position);
    let mut digits = vec![0; usize::try_from(length).unwrap_or(0).saturating_add(1)];
    let mut carry = false;
    let mut skip = 0;
    for (position, digit) in (0..=length).zip(digits.iter_mut()) {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        if bit(position) == carry {
            continue;
        }
        // The bit differs from the carry, so window and carry add up to something odd.
        let window = (0..width).filter(|&offset| bit(position + offset)).map(|offset| 1_i16 << offset);
        let value = window.sum::<i16>() + i16::from(carry);
        carry = value > 1 << (width - 1);
        *digit = if carry { value - (1 << width) } else { value };
        skip = width - 1;
    }
    digits
}

#[cfg(test)]
mod tests {
    use crypto_bigint::U256;
    use proptest::prelude::*;

    use super::*;

    fn adds_up(number: &U256, width: u32) {
        for (start, length) in [(0, 256), (0, 64), (64, 64), (192, 64)] {
            let digits = digits(number, start, length, width);
            // Evaluated modulo 2^256: the topmost digit stands for 2^256 and falls away exactly when the rest borrowed it.
            let mut sum = U256::ZERO;
            for digit in digits.iter().rev() {
                sum = sum.wrapping_add(&sum);
                let size = U256::from(digit.unsigned_abs());
                sum = if *digit < 0 { sum.wrapping_sub(&size) } else { sum.wrapping_add(&size) };
                assert!(*digit == 0 || (digit % 2 != 0 && digit.unsigned_abs() < 1 << (width - 1)));
            }
            let expected = number.shr_vartime(start) & (U256::MAX >> (256 - length));
            assert_eq!(sum, expected);
        }
    }

    proptest! {
        #[test]
        fn digits_add_up_to_the_number(bytes in any::<[u8; 32]>(), width in 2_u32..10) {
            adds_up(&U256::from_be_slice(&bytes), width);
        }
    }

    #[test]
    fn digits_of_the_extremes_add_up() {
        for width in 2..10 {
            for number in [U256::ZERO, U256::ONE, U256::MAX, U256::ONE << 255, U256::MAX >> 1] {
                adds_up(&number, width);
            }
        }
    }
}
