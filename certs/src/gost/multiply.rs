//! u·G + v·Q in one pass: what checking a signature costs.
//!
//! All multipliers are written in signed digits that are zero or odd and far apart, so that every doubling serves all of them (Straus)
//! and few additions remain. Where multiples of 2ᵏG and 2ᵏQ are at hand, multipliers are cut into parts of k bits, and doublings
//! shrink by as much. All numbers here are public; time depends on them.

use crypto_bigint::Uint;

use super::curve::Curve;
use super::multiples::Multiples;
use super::point::{Affine, Jacobian};

/// u·G + v·Q, Q given by its multiples. `None` never happens with the constants being right.
pub(super) fn sum_of_multiples<C: Curve<N>, const N: usize>(
    u: &Uint<N>,
    v: &Uint<N>,
    q: &Multiples<C, N>,
) -> Option<Jacobian<C, N>> {
    let mut terms = Multiples::of_generator()?.terms(u, q.parts())?;
    terms.extend(q.terms(v, q.parts())?);
    let length = terms.iter().map(super::multiples::Term::length).max()?;
    let mut sum = Jacobian::INFINITY;
    for position in (0..length).rev() {
        sum = sum.double();
        for term in &terms {
            sum = term.add_to(sum, position)?;
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

#[cfg(test)]
mod tests {
    use crypto_bigint::{U256, U512};
    use proptest::prelude::*;

    use super::super::curve::{CryptoProA, LIMBS_256, LIMBS_512, Tc26A256, Tc26A512};
    use super::super::field::Field;
    use super::*;

    fn same<C: Curve<N>, const N: usize>(left: &Jacobian<C, N>, right: &Jacobian<C, N>) -> bool {
        left.add(&Jacobian { y: right.y.neg(), ..*right }).is_infinity()
    }

    /// u·G + v·(w·G), with and without preparation, is what plain doubling and adding makes.
    fn agrees<C: Curve<N>, const N: usize>(u: &Uint<N>, v: &Uint<N>, w: u64) {
        let g = Affine::<C, N>::generator().unwrap();
        let q = multiple_of(&Uint::from(w), &g).to_affine().unwrap();
        let expected = multiple_of(u, &g).add(&multiple_of(v, &q));
        for multiples in [Multiples::once(&q), Multiples::prepared(&q)] {
            let sum = sum_of_multiples(u, v, &multiples.unwrap()).unwrap();
            assert!(same(&sum, &expected), "{u} {v} {w}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn multiples_are_what_repeated_addition_makes(u: [u64; 8], v: [u64; 8], w in 1_u64..) {
            agrees::<Tc26A512, LIMBS_512>(&U512::from_words(u), &U512::from_words(v), w);
            let half = |words: [u64; 8]| U256::from_words(words[..4].try_into().unwrap());
            agrees::<Tc26A256, LIMBS_256>(&half(u), &half(v), w);
            agrees::<CryptoProA, LIMBS_256>(&half(u), &half(v), w);
        }
    }

    /// The pairs that the addition formulas miss: equal points, opposite points, nothing at all.
    #[test]
    fn sums_that_meet_an_exception_are_right() {
        for (u, v, w) in [(1_u64, 1_u64, 1), (3, 1, 3), (0, 0, 1), (5, 0, 7), (0, 5, 7), (2, 1, 2), (1, 3, 1)]
        {
            agrees::<Tc26A512, LIMBS_512>(&U512::from(u), &U512::from(v), w);
            agrees::<Tc26A256, LIMBS_256>(&U256::from(u), &U256::from(v), w);
            agrees::<CryptoProA, LIMBS_256>(&U256::from(u), &U256::from(v), w);
        }
        let minus_one = Tc26A512::ORDER.wrapping_sub(&U512::ONE);
        agrees::<Tc26A512, LIMBS_512>(&U512::ONE, &minus_one, 1);
        agrees::<Tc26A512, LIMBS_512>(&U512::MAX, &U512::MAX, 1);
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
