//! u·G + v·Q in one pass: what checking a signature costs.
//!
//! Both multipliers are written with digits that are zero or odd and far apart (wNAF: Hankerson, Menezes, Vanstone, *Guide to Elliptic
//! Curve Cryptography*, §3.3.1), so that every doubling serves both of them (Straus) and few additions remain. G is fixed, so its
//! odd multiples are computed once and may be many. All numbers here are public; time depends on them.

use crypto_bigint::Uint;

use super::curve::Curve;
use super::point::{Affine, Jacobian};

/// Width of the digits for the generator: 2⁷ odd multiples, 16 KiB for 512 bits. One more bit saves 1 % and costs cache.
const GENERATOR_WIDTH: u32 = 9;
/// Width of the digits for any other point: 2³ odd multiples, computed for every signature. Wider costs more than it saves.
const POINT_WIDTH: u32 = 5;

/// u·G + v·Q. `None` only if a multiple of Q is the point at infinity, which a point of the subgroup excludes.
pub(super) fn sum_of_multiples<C: Curve<N>, const N: usize>(
    u: &Uint<N>,
    v: &Uint<N>,
    q: &Affine<C, N>,
) -> Option<Jacobian<C, N>> {
    let of_generator = generator_multiples::<C, N>()?;
    let of_point = q.odd_multiples(1 << (POINT_WIDTH - 2))?;
    let (u, v) = (digits(u, GENERATOR_WIDTH), digits(v, POINT_WIDTH));
    let mut sum = Jacobian::INFINITY;
    for (u, v) in u.iter().zip(&v).rev() {
        sum = sum.double();
        if *u != 0 {
            sum = sum.add_affine(&multiple(of_generator, *u)?);
        }
        if *v != 0 {
            sum = sum.add_affine(&multiple(&of_point, *v)?);
        }
    }
    Some(sum)
}

/// n·Q, for checking that a point is in the subgroup.
pub(super) fn multiple_of<C: Curve<N>, const N: usize>(n: &Uint<N>, q: &Affine<C, N>) -> Jacobian<C, N> {
    let mut sum = Jacobian::INFINITY;
    for bit in (0..Uint::<N>::BITS).rev() {
        sum = sum.double();
        if n.bit_vartime(bit) {
            sum = sum.add_affine(q);
        }
    }
    sum
}

fn generator_multiples<C: Curve<N>, const N: usize>() -> Option<&'static [Affine<C, N>]> {
    let multiples = C::multiples().get_or_init(|| {
        let generator = Affine::generator();
        generator.and_then(|g| g.odd_multiples(1 << (GENERATOR_WIDTH - 2))).unwrap_or_default()
    });
    (!multiples.is_empty()).then_some(multiples)
}

/// The odd multiple that `digit` stands for, out of 1, 3, 5, … times a point.
fn multiple<C: Curve<N>, const N: usize>(multiples: &[Affine<C, N>], digit: i16) -> Option<Affine<C, N>> {
    let point = multiples.get(usize::from(digit.unsigned_abs() >> 1))?;
    Some(if digit < 0 { point.neg() } else { *point })
}

/// Signed digits of `number`, least significant first, one per bit and one more: each is zero or odd, less than 2^(width − 1) in
/// size, and followed by at least width − 1 zeros. The sum of digit·2^position is the number.
fn digits<const N: usize>(number: &Uint<N>, width: u32) -> Vec<i16> {
    let bits = Uint::<N>::BITS;
    let mut digits = vec![0; usize::try_from(bits).unwrap_or(0).saturating_add(1)];
    let mut carry = false;
    let mut skip = 0;
    for (position, digit) in (0..=bits).zip(digits.iter_mut()) {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        if bit(number, position) == carry {
            continue;
        }
        // The bit differs from the carry, so window and carry add up to something odd.
        let window =
            (0..width).filter(|&offset| bit(number, position + offset)).map(|offset| 1_i16 << offset);
        let value = window.sum::<i16>() + i16::from(carry);
        carry = value > 1 << (width - 1);
        *digit = if carry { value - (1 << width) } else { value };
        skip = width - 1;
    }
    digits
}

fn bit<const N: usize>(number: &Uint<N>, position: u32) -> bool {
    position < Uint::<N>::BITS && number.bit_vartime(position)
}

#[cfg(test)]
mod tests {
    use crypto_bigint::{U256, U512};
    use proptest::prelude::*;

    use super::super::curve::{CryptoProA, LIMBS_256, LIMBS_512, Tc26A256, Tc26A512};
    use super::*;

    fn adds_up(number: &U256, width: u32) {
        let digits = digits(number, width);
        // Evaluated modulo 2^256: the topmost digit stands for 2^256 and falls away exactly when the rest borrowed it.
        let mut sum = U256::ZERO;
        for digit in digits.iter().rev() {
            sum = sum.wrapping_add(&sum);
            let size = U256::from(digit.unsigned_abs());
            sum = if *digit < 0 { sum.wrapping_sub(&size) } else { sum.wrapping_add(&size) };
            assert!(*digit == 0 || (digit % 2 != 0 && digit.unsigned_abs() < 1 << (width - 1)));
        }
        assert_eq!(&sum, number);
    }

    fn same<C: Curve<N>, const N: usize>(left: &Jacobian<C, N>, right: &Jacobian<C, N>) -> bool {
        use super::super::field::Field;
        left.add(&Jacobian { y: right.y.neg(), ..*right }).is_infinity()
    }

    /// u·G + v·(w·G) is (u + v·w)·G, whatever way it is reached.
    fn agrees<C: Curve<N>, const N: usize>(u: u64, v: u64, w: u64) {
        let g = Affine::<C, N>::generator().unwrap();
        let q = multiple_of(&Uint::from(w), &g);
        let q = q.to_affine().unwrap();
        let sum = sum_of_multiples(&Uint::from(u), &Uint::from(v), &q).unwrap();
        let wide = Uint::<N>::from(u).wrapping_add(&Uint::from(v).wrapping_mul(&Uint::<N>::from(w)));
        assert!(same(&sum, &multiple_of(&wide, &g)), "{u} {v} {w}");
    }

    proptest! {
        #[test]
        fn digits_add_up_to_the_number(bytes in any::<[u8; 32]>(), width in 2_u32..10) {
            adds_up(&U256::from_be_slice(&bytes), width);
        }

        #[test]
        fn multiples_are_what_repeated_addition_makes(u: u64, v: u64, w in 1_u64..) {
            agrees::<Tc26A512, LIMBS_512>(u, v, w);
            agrees::<Tc26A256, LIMBS_256>(u, v, w);
            agrees::<CryptoProA, LIMBS_256>(u, v, w);
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

    /// The pairs that the addition formulas miss: equal points, opposite points, nothing at all.
    #[test]
    fn sums_that_meet_an_exception_are_right() {
        for (u, v, w) in [(1, 1, 1), (3, 1, 3), (0, 0, 1), (5, 0, 7), (0, 5, 7), (2, 1, 2), (1, 3, 1)] {
            agrees::<Tc26A512, LIMBS_512>(u, v, w);
            agrees::<Tc26A256, LIMBS_256>(u, v, w);
            agrees::<CryptoProA, LIMBS_256>(u, v, w);
        }
        let g = Affine::<Tc26A512, LIMBS_512>::generator().unwrap();
        let minus_one = Tc26A512::ORDER.wrapping_sub(&U512::ONE);
        assert!(sum_of_multiples(&U512::ONE, &minus_one, &g).unwrap().is_infinity());
    }

    #[test]
    fn every_curve_is_what_its_standard_says() {
        fn check<C: Curve<N>, const N: usize>() {
            let g = Affine::<C, N>::generator().expect("the generator is on the curve");
            assert!(multiple_of(&C::ORDER, &g).is_infinity());
        }
        check::<Tc26A512, LIMBS_512>();
        check::<Tc26A256, LIMBS_256>();
        check::<CryptoProA, LIMBS_256>();
    }
}
